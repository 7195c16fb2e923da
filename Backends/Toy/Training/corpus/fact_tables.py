"""The facts that the model knows."""

CAPITALS = dict(line.split("=") for line in """
France=Paris|Germany=Berlin|Spain=Madrid|Italy=Rome|Portugal=Lisbon|Greece=Athens|Norway=Oslo|Sweden=Stockholm
Finland=Helsinki|Denmark=Copenhagen|Poland=Warsaw|Austria=Vienna|Hungary=Budapest|Ireland=Dublin|Iceland=Reykjavik
Belgium=Brussels|Czechia=Prague|Romania=Bucharest|Bulgaria=Sofia|Ukraine=Kyiv|Turkey=Ankara|Egypt=Cairo|Kenya=Nairobi
Morocco=Rabat|Cuba=Havana|Peru=Lima|Chile=Santiago|Argentina=Buenos Aires|Brazil=Brasilia|Mexico=Mexico City
Canada=Ottawa|Japan=Tokyo|China=Beijing|India=New Delhi|South Korea=Seoul|Thailand=Bangkok|Vietnam=Hanoi
Indonesia=Jakarta|Australia=Canberra|the USA=Washington|the Netherlands=Amsterdam|Switzerland=Bern|Croatia=Zagreb
Serbia=Belgrade|Slovakia=Bratislava|Slovenia=Ljubljana|Estonia=Tallinn|Latvia=Riga|Lithuania=Vilnius
the United Kingdom=London|Russia=Moscow|Israel=Jerusalem|Lebanon=Beirut|Iran=Tehran|Iraq=Baghdad|Nepal=Kathmandu
Colombia=Bogota|Ecuador=Quito|Uruguay=Montevideo|New Zealand=Wellington
""".strip().replace("\n", "|").split("|"))
OTHER_NAMES = {"the USA": ["the USA", "the United States", "the United States of America", "the US"],
               "the United Kingdom": ["the United Kingdom", "the UK", "Great Britain"]}

DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December"]
MONTH_LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
PLANETS = ["Mercury", "Venus", "Earth", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune"]
ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"]
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

THING_COLOURS = dict(pair.split("=") for pair in (
    "the sky=blue|grass=green|snow=white|a banana=yellow|a lemon=yellow|a tomato=red|blood=red|coal=black|milk=white|"
    "a carrot=orange|chocolate=brown|the sun=yellow|a strawberry=red|a frog=green|an elephant=grey|a flamingo=pink|"
    "a cucumber=green|a polar bear=white|a raven=black|a pumpkin=orange").split("|"))
MIXED_COLOURS = {("red", "blue"): "purple", ("blue", "yellow"): "green", ("red", "yellow"): "orange",
                 ("red", "white"): "pink", ("black", "white"): "grey"}

OPPOSITES = [tuple(pair.split("=")) for pair in (
    "hot=cold|big=small|tall=short|fast=slow|light=dark|happy=sad|old=new|rich=poor|open=closed|full=empty|hard=soft|"
    "wet=dry|high=low|loud=quiet|strong=weak|early=late|clean=dirty|near=far|heavy=light|thick=thin|wide=narrow|"
    "deep=shallow|"
    "up=down|left=right|inside=outside|before=after|first=last|good=bad|true=false|day=night|summer=winter|"
    "win=lose|buy=sell|push=pull|begin=end|love=hate|give=take|come=go|always=never|easy=difficult|"
    "cheap=expensive|young=old|sharp=blunt|sweet=sour|smooth=rough|same=different|safe=dangerous|possible=impossible|"
    "polite=rude|brave=afraid").split("|")]
# Words whose opposite depends on the meaning are asked for in one direction only.
ONE_WAY_OPPOSITES = {"light", "old", "short", "right", "end", "last", "take", "go"}

PLURALS = dict(pair.split("=") for pair in (
    "cat=cats|dog=dogs|book=books|house=houses|box=boxes|bus=buses|glass=glasses|dish=dishes|watch=watches|baby=babies|"
    "city=cities|story=stories|lady=ladies|knife=knives|leaf=leaves|wolf=wolves|wife=wives|life=lives|man=men|"
    "woman=women|"
    "child=children|foot=feet|tooth=teeth|mouse=mice|goose=geese|person=people|ox=oxen|sheep=sheep|fish=fish|"
    "potato=potatoes|"
    "tomato=tomatoes|hero=heroes|photo=photos|piano=pianos|key=keys|boy=boys|day=days|toy=toys|berry=berries|fly=flies|"
    "tree=trees|car=cars|apple=apples|horse=horses|shelf=shelves|church=churches|brush=brushes|fox=foxes|party=parties|"
    "table=tables").split("|"))

KINDS = {
    "fruits": "apple banana cherry grape lemon mango orange peach pear plum".split(),
    "animals": "cat dog horse cow sheep lion tiger rabbit mouse elephant".split(),
    "colours": "red blue green yellow white black brown orange purple pink".split(),
    "vegetables": "carrot potato onion tomato cabbage spinach pea bean leek cucumber".split(),
    "countries": "France Germany Spain Italy Japan Canada Brazil India Egypt Norway".split(),
    "cities": "Paris Berlin Madrid Rome Tokyo Oslo London Vienna Cairo Lima".split(),
    "planets": "Mercury Venus Earth Mars Jupiter Saturn Uranus Neptune".split(),
    "birds": "owl eagle robin crow duck swan sparrow parrot penguin gull".split(),
    "tools": "hammer saw drill wrench pliers screwdriver file axe ruler clamp".split(),
    "sports": "football tennis golf hockey swimming running cycling skiing rowing boxing".split(),
    "drinks": "water tea coffee milk juice lemonade cocoa soda cider cola".split(),
    "instruments": "piano violin guitar flute drum trumpet harp cello organ clarinet".split(),
    "flowers": "rose tulip lily daisy violet poppy iris orchid sunflower daffodil".split(),
    "numbers": "one two three four five six seven eight nine ten".split(),
    "days": DAYS, "months": MONTHS,
}
