"""Whether the parts of a run fit together, and its data: said before the first step."""

from pipelines.negatives import Negatives, NoNegatives
from shards.refusal import Refusal
from shards.several import DataSet
from training.attacks import CLAE, PGD, Attack
from training.false_negatives import FalseNegatives, KeepAll
from training.methods import Method, Supervised

CONTRASTIVE = "simclr, moco, plain, uel or supcon"
ATTACKED = "rocl, acl, dynacl, deacl or advcl"


def check_parts(method: Method, attack: Attack, rule: FalseNegatives, negatives: Negatives) -> None:
    """Raises: ``ValueError`` if the method has no use for one of the others."""
    name = type(method).__name__
    if not method.negatives and not isinstance(rule, KeepAll):
        raise ValueError(
            f"{type(rule).__name__} looks for false negatives, and {name} has no negatives; choose "
            f"false-negatives:keep-all, or method {CONTRASTIVE}"
        )
    if method.attacked and not isinstance(attack, PGD):
        raise ValueError(
            f"{name} is made of an attack on its own loss, {type(attack).__name__} is none; add attack:pgd"
        )
    if not method.attacked and isinstance(attack, PGD):
        raise ValueError(
            f"PGD moves the views that a method names, and {name} names none; choose attack:clae or attack:none, or "
            f"method {ATTACKED}"
        )
    if not method.negatives and isinstance(attack, CLAE):
        raise ValueError(
            f"{type(attack).__name__} moves views towards negatives, and {name} has none; choose attack:none, or "
            f"method {CONTRASTIVE}"
        )
    if not method.own_negatives and not isinstance(negatives, NoNegatives):
        raise ValueError(
            f"{type(negatives).__name__} makes negatives of each sample, and {name} does not use them; choose "
            f"loader.negatives:none, or method byol, {CONTRASTIVE}"
        )


def check_data(method: Method, rule: FalseNegatives, shards: DataSet) -> None:
    """Raises: ``Refusal`` if labels are needed that the shards have not, or more samples."""
    for part in (method, rule):
        if part.needs_labels and shards.classes is None:
            raise Refusal(
                f"{type(part).__name__} needs labels, and {shards.folder} holds one class; choose a method and a rule "
                "that need none, such as simclr and threshold"
            )
        part.check(len(shards))
    if isinstance(method, Supervised):
        names = shards.manifest.classes["label"]
        if len(names) > method.classes:
            raise Refusal(
                f"{shards.folder} holds {len(names)} classes, method:supervised has {method.classes}; add "
                f"--method.classes {len(names)}"
            )
