"""What English can say of any machine that misbehaves: won't turn on, keeps rebooting, is dripping onto the desk, no hot water."""

from __future__ import annotations

import re

MOST_WORDS = 4
"""Words of a phrase that follow its verb."""

_END = (
    "and|but|so|since|please|when|whenever|while|after|because|cause|for|again|today|yesterday|tomorrow|now|"
    "this|last|if|or|as|then|until|till|even|although|"
    "can|could|i|we|you|they|it's|is|are|need|needs|send|come|asap|urgent|urgently|at all|anymore|any more|"
    "although|before|thanks|thank|already|sometimes|every|once|properly|all"
)
_REST = rf"(?: (?!(?:{_END})(?![a-z]))[a-z0-9'\-]+){{0,{MOST_WORDS}}}"
_PERSON = "".join(
    f"(?<!(?<![a-z]){who} )"
    for who in (
        "i", "we", "you", "they", "he", "she", "who", "one", "nobody", "people", "guy", "technician", "engineer",
        "customers", "staff", "everyone", "everybody", "team", "company", "clients", "guests", "us", "what", "why", "u", "man",
    )
)  # fmt: skip
_NOT = (
    r"(?:won't|wont|will not|doesn't|doesnt|does not|don't|can't|cant|cannot|can not|couldn't|isn't|isnt|"
    r"is not|aren't|are not|wasn't|no longer|refuses to|refuse to|fails to|failed to|fail to|unable to|never|"
    r"stopped|stops|stop|quit)"
)
_VAGUE = (
    r"(?:work(?:s|ing)?(?![a-z])|a |the |an |my |our |your |sure|come|coming|urgent|available|here|today|happy|"
    r"it(?![a-z])|that|mind|forget|hesitate|what|know|want|need|have to|help|care|good|ok|fixed|be(?![a-z])|"
    r"been|wait|do |believe|"
    r"afford|answer|show up)"
)
_ACTS = (
    "leak|drip|jam|overheat|vibrate|shake|rattle|squeak|trip|drop|disconnect|freeze|crash|reboot|restart|"
    "flicker|blink|flash|beep|buzz|hum|grind|smoke|spark|stall|slip|skip|smell|stick|tear|hang|lag|"
    "lose|drain|spit|spray|pull|burn|reject|misfeed|misread|screech|hiss|whistle|wobble|click|knock|rumble|"
    "bang|scrape|scratch|fog|ooze|seep|overflow|cut|shut|turn|die|stop|fall|go|run|make|blow|chew|eat|fade|"
    "smear|smudge|"
    "streak|glitch|log|kick|pop|clog|swing|pulse|surge|cycle|bounce|stutter|timeout|time|display|show|read|charge"
)
_DOUBLED = frozenset(
    [
        "drip",
        "jam",
        "trip",
        "drop",
        "hum",
        "slip",
        "skip",
        "lag",
        "cut",
        "shut",
        "stop",
        "run",
        "log",
        "spit",
        "pop",
        "clog",
    ]
)
"""Verbs that double their last letter: dripping."""
_MORE_ING = "rising|climbing|increasing|sticking|foaming|peeling|lagging|dying"
_BY_THEMSELVES = frozenset(
    [
        "go",
        "run",
        "make",
        "turn",
        "stop",
        "cut",
        "shut",
        "read",
        "show",
        "display",
        "time",
        "pull",
        "log",
        "charge",
        "fall",
        "die",
        "blow",
        "lose",
    ]
)
"""Verbs that say nothing alone: it turns; but it turns itself off."""
_PHRASES = (
    "dies|cuts out|shuts (?:down|off|itself)|turns (?:itself |)(?:off|on by itself)|goes (?:black|blank|dark|"
    "off|offline|dead)|"
    "runs (?:hot|slow|slowly|rough|dry|loud)|makes? (?:a |an |this |strange |weird |loud |awful |horrible )|"
    "blows (?:warm|hot|cold|fuses|the fuse)|loses (?:power|connection|signal|pressure|paper)|falls off|"
    "logs (?:me|us) out|times out|"
    "leaves (?:streaks|marks|stains|residue|plates|spots)|takes (?:forever|ages|too long)"
)


def _ing(verb: str) -> str:
    stem = verb[:-1] if verb.endswith("e") else verb + verb[-1] if verb in _DOUBLED else verb
    return stem + "ing"


def _third(verb: str) -> str:
    return verb + ("es" if verb.endswith(("sh", "ch", "ss", "o")) else "s")


_ING = f"(?:{'|'.join(map(_ing, _ACTS.split('|')))}|{_MORE_ING})"
_THIRD = f"(?:{'|'.join(_third(verb) for verb in _ACTS.split('|') if verb not in _BY_THEMSELVES)}|{_PHRASES})"
_STATE = (
    "stuck|frozen|dead|blank|black|blurry|loose|broken off|bent|torn|burnt|burned out|clogged|blocked|jammed|"
    "offline|unresponsive|slow|noisy|loud|too hot|hot|warm|cold|flat|leaky|wobbly|crooked|dim|dark|faded|"
    "tilted|misaligned|out of (?:paper|ink|toner|alignment|sync|gas|service)|cracked|shattered|locked|tripped|"
    "overheated|overheating|flooded|rusty|rusted|worn|worn out|fuzzy|distorted|garbled|unreadable|empty|"
    "swollen|vibrating|smoking|sparking|stiff|heavy|sluggish|laggy|intermittent|unstable|uneven"
)
_THINGS = (
    "noise|noises|sound|sounds|smell|smells|odor|odour|leak|leaks|crack|cracks|tint|line|lines|streak|streaks|"
    "stripe|stripes|error|error message|message|vibration|delay|flicker|glow|hole|gap|scratch|scratches|stain|"
    "stains|spot|spots|bubbles|lag|puddle|burn mark|jam|jams|light"
)
_QUALITY = (
    "weird|strange|loud|grinding|squeaking|squealing|rattling|buzzing|funny|awful|horrible|odd|clicking|"
    "knocking|humming|screeching|scraping|whining|banging|hissing|beeping|high-pitched|terrible|burning|burnt|"
    "musty|foul|bad|purple|"
    "green|yellow|pink|red|blue|black|white|dark|vertical|horizontal|faint|big|huge|small|visible|constant|"
    "blinking|flashing|amber|orange|paper|oil|water|gas|coolant|refrigerant|metallic|chemical|rotten|deep|"
    "crackling|popping|thumping|gurgling|electrical|fishy|rubber|plastic|scorched"
)
_MEASURE = (
    "pressure|temperature|temp|voltage|speed|level|signal|flow|water pressure|oil pressure|air pressure|"
    "humidity|current|suction|airflow|battery|connection|wifi|picture|image|screen|sound|print|display|water|"
    "oil|smoke|steam|gas|air|fluid|coolant|sparks|grease|foam|liquid|belt|fan|motor|light|lights|spindle|door|"
    "drum|wheel|handle|button|key|keys|keyboard|cursor|pages?|paper|ink|toner"
)
_LACKS = (
    "power|signal|display|picture|sound|water|hot water|cold water|response|internet|connection|network|"
    "pressure|light|lights|air|airflow|heat|heating|cooling|cold air|hot air|image|video|audio|output|suction|"
    "ink|steam|flame|dial tone|reaction|movement|spark|feed"
)

_FORMS = (
    rf"{_PERSON}{_NOT} (?!{_VAGUE})(?:even |properly |fully |really |always |reliably )?[a-z'\-]+{_REST}",
    rf"(?:(?:{_MEASURE}) )?(?:keeps?|kept|keeps on|started|starts|constantly|randomly|always|intermittently|is|"
    rf"are|was|it's|its) (?:constantly |always |randomly |still |just |slowly |badly |really |now |"
    rf"suddenly )?{_ING}(?![a-z]){_REST}",
    rf"{_PERSON}(?:keeps?|kept) (?:on )?(?!(?:waiting|calling|telling|promising|asking|saying|coming|"
    rf"going back|working|sending|charging me)(?![a-z]))[a-z]+ing(?![a-z]){_REST}",
    rf"(?:has |have |is |'s )?(?:gone|going|goes|went|gets|got|came|comes|fell|falls) (?:all |completely |"
    rf"into |totally |half |straight )*(?:pink|green|blue|yellow|red|purple|black|blank|white|dark|dim|fuzzy|"
    rf"out|off|dead|silent|crazy|haywire|lockout|fault|error|alarm|offline|stuck|jammed|hot|cold|loose|apart|"
    rf"down|foggy|blurry|soft|flat|numb)(?![a-z]){_REST}",
    rf"(?:reads?|prints?|puts?|displays?|shows?|dispenses?|makes?|cuts?|drops?|rejects?|weighs?|counts?|"
    rf"labels?|applies|seals?|feeds?|picks?|moves?|runs?|spins?|pulls?|sends?) (?:the |all |every |its |my |"
    rf"our )?(?:wrong|wrongly|incorrect|incorrectly|double|upside down|crooked|off|out of|too|garbage|"
    rf"gibberish|random|every|backwards|sideways|unevenly|empty|bad|labels|load|nothing|no )[a-z]*{_REST}",
    r"(?:a |small |big )?(?:puddle|pool|drip|drips|crackle|crackles|crackling|static|spark|hum|wobble|burst|"
    r"shortage|short circuit|lockout|feedback|squeal|squeals)(?![a-z])(?: (?:of|on|under|at|"
    r"in) (?:the )?[a-z]+)?|(?:gas|burning|burnt|smoke|ammonia|chemical|rotten|oil|sewage|plastic) (?:smell|"
    r"odor|odour|fumes)|out of (?:tolerance|square|spec|round|level|position|calibration|focus|sync|balance)",
    rf"(?<![a-z]){_THIRD}(?![a-z]){_REST}",
    rf"(?:is|are|was|it's|went|gone|goes|got|gets|getting|seems|looks|feels|comes out|coming out|runs|"
    rf"running) (?:completely |totally |all |very |really |too |extremely |super |so |always |now |just |half |"
    rf"way too |quite |a bit |still |way |always |constantly )*(?:{_STATE})(?![a-z])(?: (?:in|on|at|between|"
    rf"halfway|open|closed|shut|out|up|down) [a-z ]{{2,16}})?",
    rf"(?:(?:a|an|some|this|with|has|have|making|makes|made|hear|hearing|there's|strange|very|really|faint|"
    rf"slight) )*(?:{_QUALITY})(?: and (?:{_QUALITY}))?(?:,? (?:{_QUALITY}))? (?:{_THINGS})(?![a-z])(?: (?:on|"
    rf"in|from|across|down|under|when) (?:the |every |each )?[a-z]+){{0,1}}",
    r"(?:making|makes|make) (?:a |an |some |lots of |so much |too much |a lot of )?(?:noise|noises|sound|"
    r"racket|sounds)",
    r"(?:smoke|water|oil|gas|steam|sparks|fluid|air|coolant|liquid|flames|grease|foam|sewage|"
    r"chemicals?) (?:is |was |are |keeps |started )?(?:coming|leaking|pouring|dripping|spraying|shooting|"
    r"everywhere|all over|seeping|gushing|flowing|running|bubbling)(?: out| from| through| down| into| onto|"
    r" over| up| of| under)*(?: the| my| our)?(?: [a-z]+)?",
    rf"(?<![a-z])no (?:{_LACKS})(?![a-z])(?: (?:on|from|in|to|at) [a-z ]{{2,14}})?",
    rf"(?:{_MEASURE}) (?:is |are |was )?(?:too |very |way too |really |so |always |much too |"
    rf"extremely )?(?:low|high|weak|slow|unstable|fluctuating|dropping|hot|cold|loose|blurry|dim|faded|stuck|"
    rf"cracked|broken|gone|black|blank|flickering|frozen|rising|jammed|crooked|uneven)(?![a-z])",
    r"(?:drops|dropping|dropped|disconnects|freezes|crashes|restarts|reboots|trips|jams|stops|beeps|flickers|"
    r"shuts down|turns off|cuts out) (?:every|after|whenever|when|randomly|constantly|all the time|"
    r"several times)(?: [a-z0-9]+){0,3}",
    r"(?:door|lid|cover|drawer|gate|tray|window|valve|key|button|pedal|handle|wheel|belt|hose|blade|knob|"
    r"hinge|filter|bulb|fuse|glass|panel) (?:fell off|came off|came loose|snapped|broke off|popped out|burst|"
    r"slipped off|blew|burned out|burnt out|is gone|sticks|cracked|shattered)",
    r"(?:communication|comms|connection|signal|power|network|pressure|vacuum|login|print|scan|sync|heating|"
    r"cooling|servo|motor|drive|sensor|boot|startup|system|disk|fan|paper|memory|battery|board|phase|"
    r"temperature|door|belt|filter|toner|axis|spindle|axes) (?:lost|failed|failure|fault|error|timeout|loss|"
    r"swollen|dead|low|overload|degraded|mismatch|drift|slipping|worn)(?![a-z])",
    r"nothing (?:comes|happens|prints|shows|appears|works|moves|displays|responds)(?: [a-z]+){0,2}|"
    r"lost (?:power|connection|signal|pressure|sync|communication|the [a-z]+)",
    r"(?:weak|poor|low|bad|intermittent|unstable|lost|losing|spotty|slow) (?:signal|pressure|connection|"
    r"suction|airflow|flow|cooling|heating|print quality|picture|voltage|temperature|internet|wifi|"
    r"water pressure|sound|power|response|speed)",
    r"(?:paper|label|card|coin|ribbon|media) jams?(?: in [a-z]+ [0-9a-z]+)?|(?:blank|black|blue|white|"
    r"green) (?:screen|page|pages|paper|display)|blue screen of death|burning smell|double feeds?|print(?:s|"
    r"ing) (?:blank|faded|garbage|gibberish|streaks|crooked|double|half)(?: [a-z]+)?",
)
GENERAL = re.compile("(?<![a-z'])(?:" + "|".join(_FORMS) + ")")
