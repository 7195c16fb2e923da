"""Words of instructions, documentation and code, the frequent ones first. They are the prose of noise, and of the vocabulary."""

COMMON = """
the to of and a in is you that for it are be this with as on or your not if can will an have by from do at which use should any when must
all one but has what only then there we they using other their my how more them these its was so no like into than here using just about
out up would now need also after before each always some make new first because between over same where does most who every while such both
them through without again too very even under once still might could those his her she he our us me him been were being did had may shall
task tool tools code answer final step steps user agent agents output function functions call calls result results example examples question
given following information provided request response format action arguments argument name input value text string list type model data
return returns result print variable variables write written python import block blocks run running solve team members member expert ask
context content message messages description object number file files search query knowledge thought observation execute available different
rules rule remember sure instead directly already keep previous current time called pass calling provide provides providing include includes
included specific relevant important required based complete completed correct detailed instructions instruction memory memories plan plans
planning goal criteria expected original actual exactly several multiple additional possible necessary needed clear clearly avoid never give
gives giving find finding found get getting take takes taking know known think thinking reason reasoning understand work works working start
started begin begins end ends ending create created creating perform performed performing follow follows followed show shows showing define
defined definition implement implementation access accessed allow allowed allows method methods class classes instance instances parameter
parameters property properties schema default optional integer boolean array json null true false error errors fail failed fails failure
exception handle check checking checked verify try trying retry attempt attempts again later end done finish finished stop continue state
status history summary summarize section sections line lines word words sentence page document documents web website image images url path
id key keys field fields item items record records set sets add adds added adding remove removed update updated updates change changes
changed replace read reading save saved store stored load open close send sent receive received pick choose select selected decide decision
determine consider analyze analysis review evaluate compare identify extract extracted combine merge split group order sort sequence next
last second third final single whole part parts piece pieces small large high low best better good bad well long short full empty enough
less least many much few little lot kind sort way ways point points case cases problem problems solution solutions issue issues fact facts
source sources reference references detail details note notes comment comments idea ideas topic topics subject title label tag category
level version language english natural human person people world company customer customers project service system application program
process product market research report reports business support help helpful assistant assist role personal coworker coworkers manager
delegate delegated collaborate backstory crew worker workers conversation chat dialogue turn turns session event events log logs test tests
date day days week month year today hour hours minute minutes place city country house water population capital price cost total sum average
amount size length width height unit units percent value math calculate calculation multiply divide compute count score rate limit maximum
minimum range random index loop condition logic operation operator expression statement syntax library module package environment server
client network database table column row network security private public token tokens prompt prompts template templates structured markdown
quote quotes bullet heading paragraph style tone brief concise precise accurate quality useful meaningful simple complex hard easy careful
carefully strictly properly correctly successfully immediately usually often sometimes probably maybe perhaps however therefore although
unless until since whether either neither rather quite almost especially particularly otherwise during within against toward among across
along around behind above below beyond inside outside together alone left right side front top bottom center near far away back forward
ready able unable likely sure certain valid invalid wrong real true actual main major common general special similar related
want wants wanted say says said tell tells told see seen look looks looking come comes came going went gone put mean means meaning feel let
lets seem become became leave live move play show turn explain explained explains describe described mention mentioned suggest recommend
report respond reply refer apply depend contain contains require requires ensure prevent produce generate generated generating build built
design develop improve increase reduce maintain manage control guide lead learn teach train study practice prepare present represent express
interpret translate convert parse encode decode match search look fetch download upload install import export submit publish share connect
transfer handoff escalate approve confirm accept reject cancel delete create draw paint photo picture song music film book story letter
""".split()


def prose(rng, count):
    """Sentences of `count` of these words, the frequent ones more often. They say nothing."""
    sentences = []
    while count > 0:
        length = min(count, rng.randint(4, 14))
        chosen = [COMMON[int(len(COMMON) * rng.random() ** 1.7)] for _ in range(length)]
        sentences.append(chosen[0].capitalize() + (" " + " ".join(chosen[1:]) if length > 1 else "") + rng.choice("....:,?"))
        count -= length
    return " ".join(sentences)
