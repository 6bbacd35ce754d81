"""Which words speak of defence or of civil preparedness, and how loudly?

Lists in bokmål, nynorsk, Swedish, Danish and English, by what the words name, not by where they were seen. A list is
words and phrases with commas between; ``*`` stands for any letters, at the end of a word, inside it, or before it
(``*brannbil*`` is also in *hovedbrannbil*). ``classifier.scope_words`` reads them.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Theme(StrEnum):
    """What a list of words speaks of."""

    MILITARY = "military"  # the armed forces themselves
    ARMS = "arms"  # weapons and armour, which civil forces buy too
    PREPAREDNESS = "preparedness"
    WATCH = "watch"  # guarding, surveillance, policing gear: anybody's, until the buyer is an emergency service


@dataclass(frozen=True, slots=True, kw_only=True)
class WordList:
    """Words of one theme with one loudness: what each different one adds in the title, and in the text."""

    theme: Theme
    in_title: float
    in_text: float
    words: str


WORD_LISTS: Final = (
    WordList(
        theme=Theme.MILITARY,
        in_title=1.5,
        in_text=0.5,
        words="""
        militær*, militär*, military, forsvaret, forsvarets, forsvarssektor*, forsvarsevne*, forsvarsminister*,
        forsvarsmateriell*, forsvarsmateriel, forsvarsgren*, försvarsmakt*, försvarsmateriel*, försvarsgren*,
        försvarsgemensam*, ministry of defence, ministry of defense, defence force, defence forces, armed forces,
        heimevern*, hjemmeværn*, hemvärn*, hæren, hærens, marinen, sjøforsvar*, søværn*, luftforsvar*, flygvapn*,
        flyvevåbn*, nato, aqap*, soldat*, soldier, soldiers, verneplikt*, værnepligt*, värnplikt*, mannskapsbrakke*,
        jagerfly*, kampfly*, fighter aircraft, fighter jet*, stridsflyg*, stridsvogn*, stridsvagn*, stridsfordon*,
        stridsbåt*, kampvogn*, kampkøretøj*, battle tank*, fregatt*, frigate*, korvett*, corvette*, warship*, orlog*,
        submarine*, ubåt*, undervannsbåt*, u-båt*, skytefelt*, skjutfält*, skydeterræn*, skyte og øvingsfelt*,
        regiment*, garnison*, kaserne*, kasern*, totalforsvar*, totalförsvar*, puolustus*, royal navy, air force,
        army,
        naval, night vision, nattsyn*, mörkerseende*, tactical, taktisk*, artilleri*, artillery, luftvern*, luftvärn*
        """,
    ),
    WordList(
        theme=Theme.ARMS,
        in_title=1.5,
        in_text=0.5,
        words="""
        ammunisj*, ammunition*, pansr*, pansar*, armoured, armored, armour, armerede, armeret, våpen*, våben*, vapen*,
        weapon, weapons, missil*, missile*, torped*, torpedo*, granat, granater, granatkast*, *handgranat*,
        håndgranat*,
        grenade, grenades, handeldvapen*, eldvapen*, skytevåpen*, firearm*, rifle, rifles, pistol, pistols, pistoler,
        carbine*, gevær*, sprängämne*, sprengstoff*, sprængstof*, explosives
        """,
    ),
    WordList(
        theme=Theme.PREPAREDNESS,
        in_title=2.0,
        in_text=0.5,
        words="""
        sivilforsvar*, sivilt forsvar, civilförsvar*, civilt försvar, civila försvaret, civilforsvar*, civil defence,
        civil defense, civil protection, civil contingenc*, civil emergenc*, totalforsvar*, totalförsvar*,
        total defence,
        psykologiskt försvar, befolkningsvern*, befolkningsskydd*, samfunnssikkerhet*, samfunnstryggleik*,
        samfundssikkerhed*, samhällssäkerhet*, samhällsskydd*,
        sivil beredskap, sivilt beredskap, civil beredskap, civilt beredskap, nasjonal beredskap, nationell beredskap,
        sikkerhet og beredskap, sikkerhed og beredskab, säkerhet och beredskap, skydd och beredskap,
        emergency preparedness, civil preparedness, crisis preparedness, pandemic preparedness, preparedness plan*,
        beredskapsplan*, beredskabsplan*, beredskapsanalys*, beredskapslag*, beredskabslag*, beredskapsøv*,
        beredskapsöv*, beredskabsøv*, beredskapsleder*, beredskapsleiing*, beredskapsledels*, beredskapsorgan*,
        beredskapssent*, beredskabscent*, beredskapsmyndighet*, beredskapsutstyr*, beredskapsutrustning*,
        beredskapsmateri*, beredskabsmateri*, beredskapsfartøy*, beredskapskjøretøy*, beredskapskommunikasjon*,
        beredskapsstøtte*, beredskapsarbeid*, beredskapsarbete*, beredskapsforskrift*, beredskapsaggregat*,
        beredskapsdepot*, beredskapskasse*, beredskapshenger*, beredskapsbygg*, beredskapsbåt*, egenberedskap*,
        hemberedskap*, hjemmeberedskap*, krise og beredskap*, kris och beredskap*, beredskap og krise*,
        beredskap och kris*, beredskaps og krise*, sikkerhets og beredskaps*, säkerhets och beredskaps*,
        kriseberedskap*, krisberedskap*, kriseberedskab*, totalberedskap*, civilberedskap*, matberedskap*,
        kornberedskap*, kornlager*, livsmedelsberedskap*, helseberedskap*, hälsoberedskap*, sundhedsberedskab*,
        legemiddelberedskap*, läkemedelsberedskap*, kraftberedskap*, elberedskap*, energiberedskap*, atomberedskap*,
        stråleberedskap*, strålevernberedskap*, strålskyddsberedskap*, kärnenergiberedskap*, oljevernberedskap*,
        oljeskyddsberedskap*, brannberedskap*, redningsberedskap*, redningsberedskab*, räddningsberedskap*,
        smittevernberedskap*, pandemiberedskap*, slepebåtberedskap*, forsyningsberedskap*, försörjningsberedskap*,
        kriseledelse*, kriseleiing*, krisehåndter*, krisehandter*, krisestøtte*, kriseøv*, krisestab*,
        krisekommunikasjon*,
        krisestyring*, kriseplan*, kriselag*, krisledning*, krishanter*, krisöv*, krisstab*, krisplan*,
        kriskommunikation*, krislag*, crisis management, crisis communication*, crisis response, emergency management,
        emergency planning, disaster management, disaster response, disaster relief, disaster risk*, resilience forum,
        national resilience, katastrofeberedskap*, katastrofberedskap*, katastrofmedicin*,
        katastrofemedisin*, höjd beredskap, höjda beredskap*, krigsorganis*, krigsplacer*, kris och krig,
        krise og krig,
        kriser och krig, fred krise og krig, mass casualt*, flood rescue,
        tilfluktsrom*, skyddsrum*, beskyttelsesrum*, bomb shelter*, air raid shelter*, fallout shelter*,
        befolkningsvars*, varslingsanlegg*, varsling av befolkning*, offentlig varsling*, nødvars*, nødvarsling*,
        tyfonanlegg*, tyfonvars*, katastrofevars*, katastrofvarn*, varslingssiren*, sirenevars*, utomhusvarning*,
        utomhuslarm*, varningsanläggning*,
        viktigt meddelande till allmänheten, viktigt meddelande, vma, cell broadcast*, public warning*, eu alert,
        emergency alert*, warning siren*, varslingssirene*,
        nødnett*, naudnett*, rakel, nødkommunikasjon*, nødmeld*, nødsentral*, 110 sentral*, 112 sentral*,
        113 sentral*,
        amk, amk sentral*, akuttmedisinsk kommunikasjon*, akutt medisinsk kommunikasjon*, nødetat*, naudetat*,
        blålys*,
        blåljus*, beredskabsnet*, alarmeringstjänst*, nödcentral*, 112 samtal*, nödsamtal*, räddningscentral*,
        tetra radio*, tetra terminal*, mission critical communication*, kommandovogn*, kommandokjøretøy*, innsatsleder*,
        insatsledar*, indsatsleder*, ledningsfordon*, feltsykehus*, feltsjukehus*, fältsjukhus*, felthospital*,
        field hospital*,
        emergency services network, emergency services, emergency service vehicle*, emergency call*,
        emergency communication*, emergency control*, emergency vehicle*, first responder*, blue light,
        *brannbil*, *brannstasjon*, brann*bil, brann*biler, brann*bilar, brannbåt*, brannkjøretøy*, brannkøyretøy*,
        brannhenger*,
        brannvogn*, mannskapsbil*, brannvesen*, brannkonstab*,
        brannmann*, brannfolk*, brannmannskap*, brannslange*, brannpumpe*, brannhjelm*, branndrakt*, brannbekled*,
        brannklær*, brannøv*, brann og redning*, brann og feier*, røykdyk*, stigebil*, redningsbil*,
        redningskjøretøy*,
        redningsverktøy*, frigjøringsverktøy*, redningstjenest*, redningsteneste*, redningsetat*, redningsdyk*,
        redningssentral*, skogbrann*,
        *brandbil*, *brandstation*, brand*bil, brand*bilar, brand*biler, brand*fordon*, släckbil*, släckfordon*,
        höjdfordon*, stegbil*, brandman*, brandmän*,
        brandväsen*, brandförsvar*, brandkår*, räddningstjänst*, räddningsfordon*, räddningsbil*, räddningsstation*,
        räddningsverktyg*, räddningsförbund*, rökdyk*, larmställ*, skogsbrand*, brandflyg*,
        brandvæsen*, brandkøretøj*, slukningskøretøj*, brandslukningskøretøj*, tanksprøjte*, autosprøjte*,
        brandsprøjte*,
        brandmand*, brandmænd*, brandfolk*, redningskøretøj*, redningsmateriel*, drejestige*, røgdyk*, indsatsdragt*,
        indsatsbeklæd*, branddragt*, naturbrand*,
        fire engine*, fire appliance*, fire tender*, fire truck*, fire vehicle*, fire station*, fire and rescue,
        fire & rescue, fire brigade*, firefighter*, fire fighter*, firefighting vehicle*, turntable ladder*,
        aerial ladder*, aerial appliance*, rescue pump*, rescue vehicle*, rescue service*, rescue equipment,
        rescue boat*, rescue vessel*, rescue tool*, rescue helicopter*, wildfire*,
        redningshelikopt*, räddningshelikopt*, redningsskøyte*, redningsfartøy*, redningsfarty*, redningsaksjon*,
        søk og redning*,
        sjøredning*, sjöräddning*, søredning*, flygräddning*, fjällräddning*, fjellredning*, search and rescue,
        search & rescue, mountain rescue, coastguard*, coast guard, kustbevak*, lifeboat*, eftersøgnings og redning*,
        cbrn*, masseskade*, nuclear emergenc*, radiation emergenc*, jodtablett*, atomulykke*, kärnkraftsolyck*,
        radiacmål*, hazmat,
        nødlager*, stockpile*, stockpiling, smittevernutstyr*, medical countermeasure*,
        nødstrøm*, naudstraum*, nødaggregat*, naudaggregat*, nødgenerator*, reserveaggregat*, reservekraft*,
        reservkraft*,
        nödkraft*, nödström*, reservelverk*, emergency power*, emergency generator*, backup generator*,
        standby generator*,
        nødvann*, nødvatn*, nödvatten*, nødvand*, emergency water, emergency drinking water,
        oljevernutstyr*, oljelense*, oljeoppt*, oljeskydd*, oljeskadeskydd*, oil spill*, oilspill*, oil boom*,
        pollution response, havmiljøberedskab*, nødslep*, emergency tow*,
        informasjonspåvirk*, informationspåverk*, påvirkningsoperasjon*, påvirkningskampanj*, påverkansoperation*,
        påverkanskampanj*, desinformas*, desinformation*, disinformation, sammensatte trusler, hybride trus*,
        hybridtrus*, hybridhot*, hybrida hot, hybrid threat*, sabotasj*, sabotage*, terrorsikring*, terrorberedskap*,
        counter terror*, counterterror*, responsmiljø*, jamming, spoofing, gps forstyr*, gnss forstyr*,
        signalforstyr*, forstyrrelser på gnss, forstyrrelser på gps, forstyrrelser på globale, störsändning*,
        dronedeteksjon*, droneforsvar*, drönardetekt*, drone detection, counter drone, counter uas, c uas, antidrone*,
        politibil*, politibåt*, politikjøretøy*, polisbil*, polisfordon*, police vehicle*, police car*
        """,
    ),
    WordList(
        # Words of the same trades that are used more widely: a works canteen has breathing apparatus too.
        theme=Theme.PREPAREDNESS,
        in_title=1.5,
        in_text=0.5,
        words="""
        risiko og sårbarhetsanalys*, risk och sårbarhetsanalys*, risiko og sårbarhedsanalys*, ros analys*,
        reservevann*, reservevatn*, reservvatten*, oljevern*, akutt forurensning*, firefighting*, fire fighting,
        fire service, fire services, breathing apparatus, åndedrettsvern*, redningsbåt*, redningsutstyr*,
        räddningsutrustning*, räddningsbåt*, redningsdrakt*, terror*, antagonist*, spionasj*, spionage*, espionage, strålevern*, strålskydd*
        """,
    ),
    WordList(
        # Words that everyday errands share: a contractor on call, a workplace's fire drill, a plan's usual paragraph.
        theme=Theme.PREPAREDNESS,
        in_title=1.0,
        in_text=0.25,
        words="""
        *beredskap*, *beredskab*, strømaggregat*, straumaggregat*, strömaggregat*, mobilt elverk, mobila elverk,
        generator set*, genset*, satellittelefon*, satellitelefon*, satellite phone*, preparedness, contingency plan*, emergency response, emergency, brannvern*,
        evakuer*, evacuation*, katastrof*, pandemi*, pandemic*, smittevern*, smitteværn*, smittskydd*,
        alarmsentral*, alarmcentral*, larmcentral*, vagtcentral*, ledningscentral*, operasjonssentral*, samband*,
        kritisk infrastruktur*, critical infrastructure, critical national infrastructure, samfunnskritisk*,
        samhällsviktig*, sikkerhetsloven*, sikkerhetslova, säkerhetsskydd*, nasjonal sikkerhet*, national security,
        nationell säkerhet, sårbarhet*, systemsårbarhet*, vulnerabilit*, resiliens*, resilience, krigsrisk*,
        forsyningssikkerhe*, försörjningstrygghet*, security of supply, dekontaminer*,
        decontamination, saneringsenhet*, siren, sirene*, sirener, politihus*, politistasjon*, politistation*,
        politidistrikt*, politiet, politiets, polishus*, polisstation*, polisen, police
        """,
    ),
    WordList(
        # Incidents in networks: every IT department's errand, and some sign of the nation's.
        theme=Theme.PREPAREDNESS,
        in_title=0.5,
        in_text=0.25,
        words="""
        ikt sikkerhetshendelse*, sikkerhetshendelse*, säkerhetsincident*, hendelseshåndtering*, incidenthanter*,
        cyberangrep*, cyberangreb*, cyberattac*, cyberattack*, csirt*, cert, nsm, cybersikkerhet*, cybersäkerhet*,
        cybersikkerhed*, cybersecurity, cyber security
        """,
    ),
    WordList(
        # Only the title tells what is bought; any description may mention a camera or a guard.
        theme=Theme.WATCH,
        in_title=1.0,
        in_text=0.0,
        words="""
        sikringsoppdrag*, sikringstiltak*, sikringsanlegg*, objektsikring*, objektsikkerhet*, skallsikring*,
        skalskydd*,
        perimeter*, terrengsikring*, områdeskydd*, inntrengning*, innbruddssikring*, sikringsvakt*,
        sikkerhetstjenest*,
        vakt, vakttjenest*, vakthald*, vakthold*, vekter*, bevakning*, vagttjenest*, overvåk*, overvaking*, övervak*,
        overvåg*, surveillance, tjenestefartøy*, tjänstefartyg*, cctv, anpr, kamera*, camera*, kroppskamera*,
        kroppsbur*, bodycam*, body worn, patrul*, patrull*,
        patrol*, uniform*, operativ*, operational, tactical, taktisk*, vernevest*,
        skuddsikker*, skottsäk*, skudsikk*, body armour, ballist*, riot, batong*, baton, batons, håndjern*, handcuff*,
        handfängsel*, peppersp*, oc spray, tåregas*, tårgas*, elektrosjokk*, elchock*, taser*, alkoholmål*,
        alkometer*,
        alkotest*, promille*, breathalys*, rusmid*, drug test*, fartsmål*, hastighet*, speedometer*, speed camera*,
        trafikkontroll*, trafikkovervåk*, forensi*, kriminaltekn*, fingeravtrykk*, fingeravtryck*, fingeraftryk*,
        åsted*,
        etterforsk*, efterforsk*, etterretning*, underrättelse*, intelligence, tjenestehund*, politihund*,
        tjänstehund*,
        polishund*, arrest*, custody, detention, låssystem*, låsesystem*, locking system*, lock system*,
        adgangskontroll*, tilgangskontroll*, passersystem*, passerkontroll*, adgangskontrol*, access control,
        security screening, sikkerhetskontroll*, säkerhetskontroll*, sikkerhedskontrol*, drone, droner, drönare*,
        drones, uas, uav, radio*, walkie talkie*, hjelm*, hjälm*, helmet*, training range*, skytebane*, skjutbane*
        """,
    ),
)
