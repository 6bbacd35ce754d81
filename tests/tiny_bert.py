"""A transformer of four thousand numbers, untrained, saved as sentence-transformers saves any other."""

import string
from pathlib import Path

LETTERS = (*string.ascii_lowercase, *"åäöæøé0123456789.,:-")


def save_tiny_bert(folder: Path, *, seed: int = 7, prompts: dict[str, str] | None = None) -> Path:
    """A random BERT that reads letters, with mean pooling; the same seed gives the same folder."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    torch.manual_seed(seed)
    parts = folder.parent / f"{folder.name}-parts"
    parts.mkdir(parents=True)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    numbered = {word: number for number, word in enumerate(words)}
    BertTokenizer(vocab=numbered, do_lower_case=True, strip_accents=False).save_pretrained(str(parts))
    shape = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=128,
    )  # fmt: skip
    BertModel(shape).save_pretrained(str(parts))
    reading = Transformer(str(parts))
    model = SentenceTransformer(modules=[reading, Pooling(16)], device="cpu", prompts=prompts)
    model.save(str(folder), create_model_card=False)
    return folder
