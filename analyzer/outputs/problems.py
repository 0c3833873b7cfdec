"""Why a recording has no scorecard, in Chinese: what each code means and what to do about it.

Errors say in English what was seen, with its numbers; that stays beside these words as the particulars.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.errors import AnalyzerError
from analyzer.outputs.encode import Unreadable
from analyzer.outputs.labels import Language, say
from analyzer.outputs.terminal import printable
from analyzer.rules.told import PackError

_AGAIN = "请从录音系统重新导出为 PCM WAV"
_CONVERT = "请转换成 PCM WAV 再分析"
_FETCH = "请重新取一次录音"

# code: (what it means, what to do)
PROBLEMS: dict[str, tuple[str, str]] = {
    "archive.not_heard": ("保存的识别结果已丢失", "请再运行一次 analyzer batch，会重新识别这通录音"),
    "audio.bad_format": ("文件头与声音数据对不上", _AGAIN),
    "audio.bad_rate": ("采样率不对或不支持", f"{_AGAIN}，并确认采样率；采样率错了，所有指标都会错"),
    "audio.changed": ("读取时文件还在变化", "请等录音写完后再运行"),
    "audio.empty": ("文件是空的", _FETCH),
    "audio.no_channels": ("文件头里没有声道", _AGAIN),
    "audio.no_data": ("文件里没有声音数据", _AGAIN),
    "audio.no_format": ("文件里没有可用的格式说明", _AGAIN),
    "audio.no_frames": ("录音里没有声音", "请检查录音系统"),
    "audio.not_a_file": ("路径不是一个文件", "请给出录音文件本身"),
    "audio.not_found": ("找不到文件", "请检查路径"),
    "audio.not_sound": ("大部分样本不是正常的声音数据", f"{_AGAIN}，样本值应在 −1 到 1 之间"),
    "audio.not_wav": ("不是 WAV 录音", "请转换成 PCM WAV 再分析；如果它本来就不是录音，请重新取一次"),
    "audio.too_long": ("录音太长", "请按通话拆分"),
    "audio.too_many_channels": ("声道太多", "请把坐席和客户两路导出为一个双声道文件"),
    "audio.too_short": ("录音太短", "请检查录音系统"),
    "audio.truncated_header": ("文件头不完整", _FETCH),
    "audio.undecodable": ("声音解不开", _CONVERT),
    "audio.unknown_codec": ("不认识的编码", _CONVERT),
    "audio.unreadable": ("文件读不出来", "请检查权限、磁盘或存储后再运行"),
    "internal.error": ("分析程序出错", "这是程序的缺陷，请报告，并附上录音的编码、采样率和时长"),
    "machine.io": ("读写出错", "请用 --retry failed 再试"),
    "machine.memory": ("内存不够", "请减少 --workers"),
    "machine.temporary_space": ("临时文件夹空间不够", "请把 TMPDIR 指到有几 GB 空间的文件夹，再用 --retry failed 重试"),
    "machine.timeout": ("处理时间过长，已停止", "请加大 --call-timeout，再用 --retry failed 重试；仍不行请报告"),
    "machine.worker": ("工作进程起不来", "请运行 analyzer doctor；释放内存或减少 --workers"),
    "machine.worker_died": ("处理这通录音时工作进程多次崩溃", "请用 --retry failed 再试；仍不行请报告"),
    "metadata.bad_row": ("随录音信息里有一行不对", "请按说明改正那一行"),
    "metadata.not_an_object": ("随录音信息的格式不对", "请写成一个 JSON 对象 {…}"),
    "metadata.not_json": ("随录音信息不是 JSON", "请改正或移走这个文件"),
    "metadata.not_text": ("随录音信息的文字编码不对", "请存成 UTF-8"),
    "metadata.too_large": ("随录音信息文件太大", "请拆分"),
    "metadata.unreadable": ("随录音信息读不出来", "请检查路径、权限或存储后再运行"),
}
# The same of what a command refuses to do, as far as it is met in quality work; the rest is said in English.
COMMANDS: dict[str, tuple[str, str]] = {
    "file.not_usable": ("文件或文件夹读不了或写不了", "请检查路径、权限和磁盘"),
    "output.denied": ("存储不允许读写这个地址", "请开放列出、读取、写入和删除的权限，再运行一次"),
    "output.disk_full": ("磁盘空间不够", "请腾出空间，再运行同一命令，已完成的不会重做"),
    "output.is_a_folder": ("要写文件的位置上已有一个文件夹", "请把它移走，批量分析再用 --retry failed 重试"),
    "output.lock_lost": ("这个输出地址已被另一次运行接管", "请等它结束，再运行同一命令"),
    "output.locked": ("另一次运行正在使用这个输出位置", "请等它结束，或用 -o 给出另一个位置"),
    "output.name_too_long": ("路径太长，文件系统写不下", "请缩短文件夹的名字，或把输出文件夹放到更上一层"),
    "output.no_bucket": ("存储桶不存在", "请新建，或检查地址"),
    "output.no_credentials": ("没有存储的访问凭据，或者已经过期", "请设置 AWS_PROFILE 等变量，再运行同一命令"),
    "output.no_lock": ("这个存储防不住两次运行互相覆盖", "请写到文件夹里，再复制过去"),
    "output.not_a_folder": ("路径中间有一个同名的文件，建不了文件夹", "请换一个输出文件夹"),
    "output.not_a_ledger": ("批量分析的记录 ledger.jsonl 不是普通文件", "请把它移走，或放回原来的文件"),
    "output.not_a_scorecard": ("文件不是评分结果，或者已经损坏", "请重新分析这通录音，或把这个文件移走"),
    "output.not_a_file": ("评分结果的路径不是普通文件", "请把它移走，或放上评分结果文件本身"),
    "output.not_written": ("文件写不了", "请检查输出文件夹"),
    "output.not_json": ("随录音信息里有写不成 JSON 的内容", "请把它从录音旁的文件里去掉"),
    "output.not_read": ("评分结果文件读不了", "请检查权限和磁盘"),
    "output.page_of_team": ("这个位置上是班组页，没有用通话页面覆盖它", "请把它移走，或用 -o 给出另一个位置"),
    "output.read_only": ("没有写入的权限", "请换一个输出文件夹，或检查权限"),
    "output.schema_version": ("评分结果是另一个版本写的", "请重新分析这通录音，或用写它的那个版本"),
    "output.store": ("存储没有收下结果", "请检查存储，再运行同一命令"),
    "output.temporary_space": ("临时文件夹空间不够", "请把 TMPDIR 指到有空间的文件夹，再运行一次"),
    "output.too_large": ("文件太大，不会是评分结果", "请重新分析这通录音，或把这个文件移走"),
    "output.write": ("规则包写不进这个文件夹", "请换一个能写的文件夹"),
    "usage.batch_folder": (
        "这个文件夹里是批量分析的结果，不能用 score 覆盖",
        "请用 -o 给出另一个文件夹，或运行 analyzer batch",
    ),
    "usage.extra_missing": ("缺少所需的程序包", "请运行 pip install 'analyzer[export]'"),
    "usage.damaged_ledger": (
        "批量分析的记录 .analyzer/ledger.jsonl 全部损坏",
        "请再运行一次 analyzer batch，听过的不会重听",
    ),
    "usage.folder_not_empty": ("文件夹里已经有东西", "请给出一个新的文件夹"),
    "usage.mixed_tables": ("这些表不是同一次导出的", "请重新运行 analyzer export"),
    "usage.mixed_sources": ("一次运行不能既有本机的录音，又有存储里的", "请分两次运行"),
    "usage.no_folder": ("给出的路径不是文件夹", "请给出放评分结果的文件夹"),
    "usage.no_scorecards": ("没有评分结果", "请先运行 analyzer batch，或给出放评分结果的文件夹"),
    "usage.no_source": ("没有给出录音", "请给出放录音的文件夹"),
    "usage.no_store": ("这个地址读不了", "请运行 pip install 'analyzer[s3]'，并检查地址、网络和凭据"),
    "usage.no_such_source": (
        "给出的录音或文件夹不存在，或者里面没有 WAV 录音",
        "请检查路径；其他格式请先转换成 PCM WAV",
    ),
    "usage.no_tables": ("缺少导出的表", "请运行 analyzer export --format parquet"),
    "usage.not_a_review": ("这个文件不是复核数据库，或者已经损坏", "请用 --db 给出另一个文件"),
    "usage.nothing_heard": ("这里还没有批量分析过", "请先运行 analyzer batch"),
    "usage.old_tables": ("表是旧版本导出的", "请重新运行 analyzer export --format parquet"),
    "usage.other_recording": ("给出的录音不是这份评分结果的录音", "请给出原来的录音"),
    "usage.pack_name": ("这个名字不能用作规则包的名称", "请换一个，只用字母、数字、- 和 _"),
    "usage.page_of_call": ("这个文件是一通电话的页面", "请用 -o 给出另一个文件名"),
    "usage.redacted_link": ("隐去个人信息的页面不能链接原录音", "请用 --sound embed 或 none"),
    "usage.redacted_tables": ("现成的表不能再隐去个人信息", "请用 analyzer export --redact 重新导出"),
    "usage.remote_output": ("结果不能写到这个地址", "请给出本机的文件夹，批量分析也可以写到 S3 存储"),
    "usage.remote_results": ("这个命令不能读取存储里的结果", "请先把结果复制到本机"),
    "usage.retry": ("--retry 写得不对", "请写 failed 或 refused"),
    "usage.review_address": ("不能在这个地址上打开复核页面", "请换一个 --port 或 --host"),
    "usage.review_token": ("复核服务的口令不能用，或者没有给", "请用 --token 给出字母、数字、- 和 _ 组成的口令"),
    "usage.roles": ("--roles 写得不对", "请按声道各写一方，左声道在前，比如坐席、客户"),
    "usage.rule": (
        "标准里没有这条规则或说法族",
        "请用 analyzer standard list 查看全部规则，加 --families 查看说法族",
    ),
    "usage.rule_off": ("这个档停用了这条规则", "请换一个档，或从 pack.yaml 的 disable 里去掉它"),
    "usage.sentence": ("这句话不能判断", "请写一句坐席或客户说的话；一通电话请写在文件里，用 --call"),
    "usage.standard_gone": (
        "这些结果所用的标准包已经不在原处",
        "请把它放回去，或用 --standard 给出另一个",
    ),
    "usage.stale_tables": ("表与评分结果已经不一致", "请重新运行 analyzer export"),
    "usage.state": ("--state 与输出位置对不上", "输出到文件夹时请不要给，输出到存储时每个地址用一个"),
    "usage.too_many_rows": ("表的行数超过 Excel 的上限", "请导出为 Parquet 或 CSV，或减少通话"),
    "usage.written_call": ("写有通话的文件读不了", "请存成 UTF-8 文本，一个文件只写一通电话"),
}
OUTCOMES = {"scored": "已评分", "refused": "拒绝分析", "failed": "分析失败", "struck": "待重试"}


def meaning(code: str, language: Language = "zh") -> str:
    """What a code means; nothing in English, or where nobody has said it."""
    known = _known(code)
    return known[0] if language == "zh" and known is not None else ""


def explain(code: str, seen: str, todo: str, language: Language = "zh") -> str:
    """What happened to a recording, or why a command did nothing, and what to do.

    Args:
        code: of the refusal or failure.
        seen: what was found.
        todo: what the user can do, in English.
        language: to say it in.
    """
    known = _known(code)
    if language == "en" or known is None:
        return f"{seen}. {todo}"
    what, mend = known
    return f"{what}。{mend}。" + (f"（{seen}）" if seen else "")


def explain_error(error: AnalyzerError, language: Language = "zh") -> str:
    """The same of an error: what is wrong with a pack is said in full in both languages."""
    if language == "zh" and isinstance(error, PackError):
        return "{}。{}。".format(*(one.zh for one in error.said)).replace("？。", "？")
    return explain(error.code, error.seen, error.todo, language)


def mistakes_of(error: PackError, language: Language = "zh", most: int = 20) -> Iterator[str]:
    """A line for each mistake of a pack: code, file, line, what to do; those above `most` are counted."""
    every = error.mistakes or (error,)
    for one in every[:most]:
        yield printable(f"{one.code}: {explain_error(one, language)}")
    if (more := len(every) - most) > 0:
        yield say(f"… 另有 {more} 处错误", f"… and {more} more", language)


def _known(code: str) -> tuple[str, str] | None:
    return PROBLEMS.get(code) or COMMANDS.get(code)


def passed_over(files: Sequence[Unreadable], language: Language = "zh", most: int = 20) -> Iterator[str]:
    """A line for each scorecard that could not be read: file, why, what to do; those above `most` are counted."""
    for one in files[:most]:
        error = one.error
        yield f"{printable(one.file)}: {error.code}: {explain(error.code, printable(error.seen), error.todo, language)}"
    if (more := len(files) - most) > 0:
        yield say(f"… 另有 {more} 个读不了", f"… and {more} more can't be read", language)
