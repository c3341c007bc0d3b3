# ruff: noqa: E501 - a sentence is a line
"""What people wrote, by language, and what recognisers would have made of it."""

import gzip
import re
from functools import cache
from pathlib import Path

_SAMPLE = Path(__file__).parents[3] / "data" / "sample" / "text"


@cache
def english() -> list[str]:
    """Verses of the World English Bible: prose that is read aloud."""
    return _lines("world-english-bible.txt.gz")


@cache
def french() -> list[str]:
    """Sentences of a program's help: instructions with few commas."""
    return [line.split("\t")[1] for line in _lines("libreoffice-en-fr.tsv.gz")]


def _lines(name: str) -> list[str]:
    return gzip.open(_SAMPLE / name, "rt", encoding="utf-8").read().splitlines()


# Script, and a short talk of four windows.
TALKS = {
    "de": (
        "LATIN",
        "Guten Abend, meine Damen und Herren, und herzlich willkommen zu unserer Sendung über das Wandern.",
        "Heute sprechen wir mit zwei Gästen, die jedes Jahr mehrere hundert Kilometer zu Fuß durch die Alpen gehen.",
        "Warum tun sie das? Sie sagen, dass man in den Bergen besser schläft, weniger grübelt und mehr lacht.",
        "Wer einmal früh am Morgen, noch vor der Sonne, auf einem Gipfel stand, der möchte immer wieder dorthin.",
    ),
    "es": (
        "LATIN",
        "Buenas tardes a todos, soy Carmen y hoy les voy a contar cómo se hace el pan en mi pueblo desde hace siglos.",
        "Primero se mezcla la harina con agua tibia, sal y un poco de masa madre, y se deja reposar toda la noche.",
        "¿Por qué tanto tiempo? Porque la masa necesita crecer despacio, y así el pan sale mucho más sabroso.",
        "Por la mañana, cuando el horno de leña está bien caliente, se meten los panes y se espera casi una hora.",
    ),
    "ru": (
        "CYRILLIC",
        "Добрый вечер, дорогие друзья, сегодня мы поговорим о том, как жили люди в нашем городе сто лет назад.",
        "Тогда здесь не было ни машин, ни электричества, а воду каждое утро носили из реки два или три раза.",
        "Трудно ли им было? Конечно, но зато все соседи знали друг друга, помогали и вместе отмечали праздники.",
        "Моя бабушка рассказывала, что зимой вся улица собиралась у одной печки, пела песни и слушала сказки.",
    ),
    "el": (
        "GREEK",
        "Καλησπέρα σας, σήμερα θα μιλήσουμε για τα μικρά νησιά του Αιγαίου, όπου ζουν λίγοι άνθρωποι όλο τον χρόνο.",
        "Το χειμώνα, όταν φεύγουν οι τουρίστες, τα περισσότερα μαγαζιά κλείνουν και το πλοίο έρχεται μία φορά.",
        "Τι κάνουν τότε οι κάτοικοι; Ψαρεύουν, φροντίζουν τα ζώα τους και μαζεύονται τα βράδια στο καφενείο.",
        "Ο παπάς, ο δάσκαλος και ο γιατρός είναι φίλοι με όλους, γιατί εκεί κανείς δεν μένει ποτέ μόνος του.",
    ),
    "zh": (
        "CJK",
        "大家好，欢迎来到今天的节目，我们来聊一聊怎样在城市里种菜，很多人以为没有院子就不行，其实一个小小的阳台也够了。",
        "首先要准备几个花盆，里面放上松软的土，再加一点肥料，然后把种子轻轻地撒在上面，每天早晚浇一次水就可以。",
        "为什么要自己种呢？因为自己种的菜又新鲜，又放心，而且孩子们可以看到种子怎样一天一天地长大，非常有意思。",
        "如果叶子发黄，那可能是水太多，也可能是阳光不够，这时候把花盆搬到窗户旁边，过几天就会慢慢好起来的。",
    ),
    "ja": (
        "HIRAGANA",
        "みなさん、こんにちは。今日は、わたしが生まれた小さな村のおまつりについて、少しお話ししたいと思います。毎年、秋になると、村の人たちがみんな神社に集まります。",
        "朝早くから、おとなは大きなおみこしを出して、こどもたちは、たいこや笛の練習をします。おばあさんたちは、台所で、たくさんのおにぎりを作ってくれます。",
        "どうしてこんなににぎやかなのでしょうか。それは、お米がとれたことを、みんなでよろこぶためです。遠くの町へ行った人も、この日だけは、かならず帰ってきます。",
        "夜になると、ちょうちんに火がともって、とてもきれいです。わたしも、いつかこどもをつれて、もういちど、あのおまつりを見に行きたいと思っています。",
    ),
    "ko": (
        "HANGUL",
        "안녕하세요, 여러분, 오늘은 제가 어릴 때 살던 바닷가 마을에 대해서 잠깐 이야기해 보려고 합니다.",
        "우리 아버지는 어부였고, 날마다 해가 뜨기 전에 작은 배를 타고 나가서 점심때가 되면 돌아오셨습니다.",
        "그때 무엇이 제일 좋았을까요? 저는 모래밭에서 친구들과 놀고, 조개를 줍고, 저녁에 옛날이야기를 듣는 것이었습니다.",
        "지금은 큰 다리가 생기고 길도 넓어졌지만, 그 바다 냄새만은 예전과 똑같아서 갈 때마다 눈물이 납니다.",
    ),
    "ar": (
        "ARABIC",
        "مساء الخير يا أصدقائي، اليوم سوف نتحدث عن السوق القديم في مدينتنا، وعن الناس الذين يعملون فيه كل يوم.",
        "في الصباح الباكر يفتح التجار دكاكينهم، ثم يشربون القهوة معا، ويتكلمون عن الأخبار قبل أن يأتي الزبائن.",
        "لماذا يحب الزوار هذا المكان؟ لأن رائحة البهارات تملأ الشوارع، ولأن كل بائع عنده قصة جميلة يحكيها.",
        "أما أنا فأذهب إلى هناك كل أسبوع، أشتري الخبز والزيتون، وأجلس مع جدي حتى تغيب الشمس وراء البيوت.",
    ),
    "hi": (
        "DEVANAGARI",
        "नमस्ते दोस्तों, आज हम बात करेंगे कि गाँव में बारिश के दिनों में लोग कैसे रहते हैं और क्या क्या करते हैं।",
        "सुबह होते ही किसान खेतों में चले जाते हैं, बच्चे पानी में नाव चलाते हैं, और दादी चूल्हे पर चाय बनाती हैं।",
        "क्या आपको मालूम है कि सबसे मज़ेदार बात क्या है? शाम को सब लोग एक जगह बैठकर पकौड़े खाते हैं और गाते हैं।",
        "जब रात को बिजली चली जाती है, तब हम छत पर लेटकर बादल देखते हैं, और धीरे धीरे नींद आ जाती है।",
    ),
    "th": (
        "THAI",
        "สวัสดีค่ะทุกคน วันนี้เราจะมาคุยกันเรื่องตลาดน้ำใกล้บ้านของฉัน ซึ่งเปิดทุกวันเสาร์และวันอาทิตย์ตั้งแต่เช้ามืด",
        "คุณป้าพายเรือมาขายก๋วยเตี๋ยว คุณลุงขายผลไม้จากสวนของตัวเอง ส่วนเด็กๆ ก็วิ่งเล่นอยู่ริมคลองทั้งวัน",
        "ตอนสายนักท่องเที่ยวจะเริ่มมากันเยอะ บางคนมาถ่ายรูป บางคนมาชิมขนม และบางคนก็มานั่งฟังดนตรีไทย",
        "ฉันชอบไปที่นั่นกับยายเสมอ เพราะยายรู้จักทุกคนในตลาด และทุกครั้งเราจะได้ขนมกลับบ้านมาเต็มตะกร้า",
    ),
    "ka": (
        "GEORGIAN",
        "საღამო მშვიდობისა, მეგობრებო, დღეს მინდა მოგიყვეთ ჩემი სოფლის შესახებ, რომელიც მთაში, მდინარის პირას დგას.",
        "შემოდგომაზე, როცა ყურძენი მწიფდება, მთელი ოჯახი იკრიბება, ვკრეფთ, ვმღერით და საღამოს ერთად ვვახშმობთ.",
        "რატომ მიყვარს ეს დრო? იმიტომ, რომ ბაბუა ძველ ამბებს ყვება, ბებია პურს აცხობს და ყველა ბედნიერია.",
        "ზამთარში თოვლი გზას კეტავს, მაგრამ ჩვენ არ გვეშინია, რადგან ბუხარში ცეცხლი ანთია და წიგნებიც ბევრია.",
    ),
}

# Words for numbers, as a naive inverse normalisation writes them; the last has the comma of a thousand.
_NUMBERS = {
    "en": {"two": "2", "three": "3", "seven": "7", "ten": "10", "hundred": "100", "thousand": "1,000"},
    "fr": {"un": "1", "une": "1", "deux": "2", "trois": "3", "mille": "1,000"},
    "de": {"zwei": "2", "hundert": "1,000"},
    "es": {"una": "1", "siglos": "1,000"},
    "ru": {"сто": "100", "два": "2", "три": "3"},
    "el": {"μία": "1"},
}


def unpunctuated(text: str) -> str:
    """Without any sign but apostrophes, in the case as it was."""
    return " ".join(re.sub(r"[^\w\s'’]|_", " ", text).split()) if " " in text else re.sub(r"[^\w]", "", text)


def naively_normalised(text: str, language: str) -> str:
    """Numbers as digits, with the comma of a thousand and the colon of an hour; else no sign but the full stop."""
    numbers = _NUMBERS.get(language, {})
    words = unpunctuated(text).split()
    return " ".join(["10:30", *(numbers.get(word.lower(), word) for word in words)]) + "."
