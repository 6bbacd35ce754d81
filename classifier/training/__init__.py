"""How is the model in `classifier/model` made? Recipe only: nothing at run time imports this package."""
