"""Parse dates and times as the C library writes them in the languages of its users.

irssi begins each day with a strftime date: `Wed Jan 31 2024`, `mer. janv. 31 2024`, `水  1月 31
2024`. The names are those of glibc's locales, short and full, in the form that `_folded` produces:
lower case, no accents, no full stop.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

_NAMES = (
    """
    jan january januar janner janv janvier ene enero gen gennaio janeiro januari sty stycznia
    styczen янв января январь січ січня січень сту студзеня студзень led ledna leden sij sijecnja
    sijecanj јан јануар яну януари јануари tammi tammikuu jaan jaanuar janvaris saus sausio sausis
    ian ianuarie ιαν ιανουαριου ιανουαριοσ oca ocak gener xan xaneiro urt urtarrila ion ionawr ean
    eanair janar ינו ינואר يناير ينا كانون_الثاني ژانویه जन जनवरी জানু জানুয়ারী ม.ค มกราคม იან
    იანვარი հնվ հունվարի հունվար yan yanvar қаң қаңтар januaro januarie جنوری ஜன ஜனவரி 一月
    """,
    """
    feb february februar fevr fevrier fev febrero febbraio fevereiro februari lut lutego luty фев
    февраля февраль лют лютого лютии лютага люты uno unora unor velj veljace veljaca феб фебруар
    февруари helmi helmikuu veebr veebruar februaris vas vasario vasaris febr februarie φεβ
    φεβρουαριου φεβρουαριοσ sub subat febrer febreiro ots otsaila chw chwefror feabh feabhra shk
    shkurt פבר פברואר فبراير فبر شباط فوریه फ़र फ़रवरी ফেব ফেব্রুয়ারী ก.พ กุมภาพันธ์ თებ
    თებერვალი փտր փետրվարի փետրվար fevral ақп ақпан februaro فروری பிப் பிப்ரவரி 二月
    """,
    """
    mar march marz mars marzo marco mrt maart marca marzec мар марта март бер березня березень сак
    сакавіка сакавік bre brezna brezen marec ozu ozujka ozujak mart marts maalis maaliskuu kov
    kovo kovas marc marcius martie μαρ μαρτιου μαρτιοσ martxoa maw mawrth marta מרץ مارس مار آذار
    मार्च মার্চ มี.ค มีนาคม maret mac მარ მარტი մար մարտի մարտ нау наурыз marto مارچ மார் மார்ச்
    三月 mrz
    """,
    """
    apr april avril avr abr abril aprile kwi kwietnia kwiecien апр апреля апрель кві квітня
    квітень кра красавіка красавік dub dubna duben tra travnja travanj април huhti huhtikuu aprill
    aprilis bal balandzio balandis aprilie απρ απριλιου απριλιοσ nis nisan api apirila ebr ebrill
    aib aibrean pri prill אפר אפריל أبريل أبر نيسان آوریل अप्रैल এপ্রিল เม.ย เมษายน აპრ აპრილი ապր
    ապրիլի ապրիլ aprel сәу сәуір aprilo اپریل ஏப் ஏப்ரல் 四月
    """,
    """
    may mai mayo mag maggio maio mei maj maja мая маи тра травня травень kve kvetna kveten svi
    svibnja svibanj мај touko toukokuu maijs geg geguzes geguze majus μαι μαιου μαιοσ mayıs maig
    maiatza beal bealtaine מאי مايو ماي أيار مه मई মে พ.ค พฤษภาคม მაი მაისი մայ մայիսի մայիս мам
    мамыр majo مئی மே 五月
    """,
    """
    jun june juni juin junio giu giugno junho cze czerwca czerwiec июн июня июнь чер червня
    червень чэр чэрвеня чэрвень cen cervna cerven junij lip lipnja lipanj јун юни јуни kesa
    kesakuu juuni junijs birz birzelio birzelis junius iun iunie ιουν ιουνιου ιουνιοσ haz haziran
    juny xun xuno eka ekaina meh mehefin meith meitheamh qer qershor יונ יוני يونيو يون حزيران
    ژوئن जून জুন มิ.ย มิถุนายน ივნ ივნისი հնս հունիսի հունիս iyn iyun мау маусым junie جون ஜூன் 六月
    """,
    """
    jul july juli juil juillet jui julio lug luglio julho lip lipca lipiec июл июля июль лип липня
    липень ліп ліпеня ліпень cec cervence cervenec julij srp srpnja srpanj јул юли јули heina
    heinakuu juuli julijs liep liepos liepa julius iul iulie ιουλ ιουλιου ιουλιοσ tem temmuz
    juliol xul xullo uzt uztaila gor gorffennaf iuil kor korrik יול יולי يوليو يول تموز يوليوز
    ژوئیه जुल जुलाई জুলাই ก.ค กรกฎาคม julai ივლ ივლისი հլս հուլիսի հուլիս iyl iyul шіл шілде julie
    جولائی ஜூலை 七月
    """,
    """
    aug august aout aou ago agosto augustus sie sierpnia sierpien авг августа август сер серпня
    серпень жні жніуня жнівень srp srpna srpen avg avgust kol kolovoza kolovoz augusti elo elokuu
    agu agust augusts rugp rugpjucio rugpjutis augusztus αυγ αυγουστου αυγουστοσ agustos ag agost
    abu abuztua aws awst lun lunasa gsh gusht אוג אוגוסט أغسطس أغس آب غشت اوت अग अगस्त আগস্ট ส.ค
    สิงหาคม agustus ogos აგვ აგვისტო օգս օգոստոսի օգոստոս avq avqust там тамыз augusto اگست ஆக
    ஆகஸ்ட் 八月
    """,
    """
    sep september sept septembre septiembre set settembre setembro wrz wrzesnia wrzesien сен
    сентября сентябрь вер вересня вересень верасня верасень zar zari ruj rujna rujan сеп септембар
    septembar септември syys syyskuu septembris rugs rugsejo rugsejis szept szeptember septembrie
    σεπ σεπτεμβριου σεπτεμβριοσ eyl eylul setembre ira iraila med medi mfomh mean_fomhair sht
    shtator ספט ספטמבר سبتمبر سبت أيلول شتنبر سپتامبر सित सितंबर সেপ্টেম্বর ก.ย กันยายน სექ
    სექტემბერი սեպ սեպտեմբերի սեպտեմբեր sen sentyabr қыр қыркүиек septembro ستمبر செப் செப்டம்பர்
    九月
    """,
    """
    oct october okt oktober octobre octubre ott ottobre out outubro paz pazdziernika pazdziernik
    окт октября октябрь жов жовтня жовтень кас кастрычніка кастрычнік rij rijna rijen lis
    listopada listopad октобар oktobar октомври loka lokakuu oktoober oktobris spal spalio spalis
    octombrie οκτ οκτωβριου οκτωβριοσ eki ekim urr urria hyd hydref dfomh deireadh_fomhair tet
    tetor אוק אוקטובר أكتوبر أكت تشرين_الأول اكتبر अक्तू अक्तूबर অক্টোবর ต.ค ตุลาคม ოქტ ოქტომბერი
    հոկ հոկտեմբերի հոկտեմբեր oktyabr қаз қазан oktobro اکتوبر அக் அக்டோபர் 十月
    """,
    """
    nov november novembre noviembre novembro lis listopada listopad ноя ноября ноябрь лис
    листопада листопад ліс лістапада лістапад listopadu stu studenoga studeni нов новембар
    novembar ное ноември marras marraskuu novembris lapkr lapkricio lapkritis noiembrie νοε
    νοεμβριου νοεμβριοσ kas kasım aza azaroa tach tachwedd samh samhain nen nentor נוב נובמבר
    نوفمبر نوف تشرين_الثاني نونبر نوامبر नव नवंबर নভেম্বর พ.ย พฤศจิกายน ნოე ნოემბერი նմբ նոյեմբերի
    նոյեմբեր noy noyabr қар қараша نومبر நவ நவம்பர் 十一月
    """,
    """
    dec december dez dezember decembre dic diciembre dicembre dezembro gru grudnia grudzien дек
    декабря декабрь гру грудня грудень сне снежня снежань pro prosince prosinec prosinca prosinac
    дец децембар decembar декември des desember joulu joulukuu dets detsember decembris gruod
    gruodzio gruodis decembrie δεκ δεκεμβριου δεκεμβριοσ ara aralık desembre decembro abe abendua
    rha rhagfyr noll nollaig dhj dhjetor דצמ דצמבר ديسمبر ديس كانون_الأول دجنبر دسامبر दिस दिसंबर
    ডিসেম্বর ธ.ค ธันวาคม dis disember დეკ დეკემბერი դեկ դեկտեմբերի դեկտեմբեր dek dekabr жел
    желтоқсан دسمبر டிச டிசம்பர் 十二月
    """,
)
#: The months that a folded name stands for.
MONTHS: dict[str, list[int]] = {}
for _number, _names in enumerate(_NAMES, 1):
    for _name in _names.split():
        MONTHS.setdefault(_name, []).append(_number)
#: Some names stand for two months: lis is October in Croatian, November in Polish and Czech. The
#: day of the week decides; given are its first letters in these languages.
_WEEKDAYS = ("po", "ut wt", "sr st", "ce ct cz", "pe pa pi", "su so", "ne ni")

_ISO = re.compile(r"(?<!\d)(\d{4})([-/])(\d\d)\2(\d\d)(?!\d)")
#: A time of day, in 24 hours or with AM and PM, and the zone after it.
_HALF = r"(?:\s?([ap])\.?m\b\.?)?"
_ZONE = r"(?:\s?(z\b|(?:utc|gmt)?[-+]\d\d(?::?\d\d)?(?!\d)|[a-z]{3,5}(?![\w.])))?"
_CLOCK = rf"(\d?\d):(\d\d)(?::(\d\d)(?:[.,](\d{{1,6}})\d*)?)?{_HALF}"
_TIME = re.compile(rf"(?<![\d:]){_CLOCK}{_ZONE}", re.IGNORECASE)
#: The short names of zones that stand for one offset (hours) nearly everywhere.
_ZONES = {
    "z": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "met": 1, "cest": 2,
    "mest": 2, "eet": 2, "eest": 3, "msk": 3, "jst": 9, "kst": 9, "aest": 10, "aedt": 11,
    "nzst": 12, "nzdt": 13, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
    "pst": -8, "pdt": -7, "brt": -3,
}  # fmt: skip
_COUNTED = re.compile(r"(?<!\d)(\d{1,2})\s*[月월]|\bth(?:g|ang)\s*(\d{1,2})\b")


def day_in(text: str) -> date:
    """Parse a date. Raises ValueError."""
    if iso := _ISO.search(text):
        return date(int(iso[1]), int(iso[3]), int(iso[4]))
    folded = _TIME.sub(" ", _folded(text))
    # A zone as a number, behind the year or alone.
    folded = re.sub(r"(?:(?<=\s)|(?<=utc)|(?<=gmt))[-+]\d\d(?::?\d\d)?(?![-\d])", " ", folded)
    counted = _COUNTED.search(folded)
    if counted is not None:
        folded = f"{folded[: counted.start()]} {folded[counted.end() :]}"
    years = re.findall(r"(?<!\w)(\d{4})[年년]?(?!\w)", folded)
    days = re.findall(r"(?<!\w)(\d{1,2})[日일]?(?!\w)", folded)
    if len(years) != 1 or len(days) != 1:
        raise ValueError(f"{text.strip()!r} is no day that can be read")
    year, day = int(years[0]), int(days[0])
    if counted is not None:
        return date(year, int(counted[1] or counted[2]), day)
    months = _months(folded, years[0])
    if len(months) > 1:
        months = [month for month in months if _is_weekday(folded, year, month, day)]
    if len(months) != 1:
        raise ValueError(f"no month is known by its name in {text.strip()!r}")
    return date(year, months[0], day)


def time_in(text: str) -> datetime:
    """Parse a day with a time; the zone is None where the text names none. Raises ValueError."""
    found = _TIME.search(text)
    if found is None:
        raise ValueError(f"{text.strip()!r} is no time that can be read")
    day = day_in(f"{text[: found.start()]} {text[found.end() :]}")
    return clock_on(day, *found.groups())


def clock_on(
    day: date,
    hour: str,
    minute: str,
    second: str | None = None,
    part: str | None = None,
    half: str | None = None,
    zone: str | None = None,
) -> datetime:
    """A time of that day; `half` is the letter of AM or PM. Raises ValueError."""
    hours = int(hour)
    if half and not 1 <= hours <= 12:
        raise ValueError(f"there is no {hour}:{minute} {half}m")
    if half:
        hours = hours % 12 + 12 * (half in "pP")
    second = "59" if second == "60" else second  # a leap second
    micro = int((part or "0").ljust(6, "0"))
    time = datetime(day.year, day.month, day.day, hours, int(minute), int(second or 0), micro)
    return time.replace(tzinfo=_zone(zone) if zone else None)


def _zone(name: str) -> timezone | None:
    """The zone of a name or an offset; None for a name that stands for several."""
    name = name.casefold()
    if name in _ZONES:
        return timezone(timedelta(hours=_ZONES[name]))
    offset = re.fullmatch(r"(?:utc|gmt)?([-+])(\d\d):?(\d\d)?", name)
    if offset is None:
        return None
    size = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
    return timezone(size if offset[1] == "+" else -size) if size else UTC


def _months(folded: str, year: str) -> list[int]:
    """The months that the name may stand for. The day of the week comes first and may look like a
    month: mar. is Tuesday and March."""
    before, _, after = folded.partition(year)
    for part in (before, after):
        words = [word.strip(".,॰\u200e\u200f") for word in part.split()]
        words += [f"{first}_{second}" for first, second in pairwise(words)]
        found = [MONTHS[word] for word in words if word in MONTHS]
        if found:
            return found[-1]
    return []


def _is_weekday(folded: str, year: int, month: int, day: int) -> bool:
    """Is the first word the name of this date's day of the week?"""
    with contextlib.suppress(ValueError):  # the day does not exist in one of the months
        return folded.split()[0][:2] in _WEEKDAYS[date(year, month, day).weekday()].split()
    return False


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if not "\u0300" <= c <= "\u036f")
    plain = re.sub(r"\b(?:de |d[’'])", "", plain)
    return unicodedata.normalize("NFC", plain)
