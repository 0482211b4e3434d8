"""How views become a loss. One file per method; to add one, add its file and name it here."""

from typing import Annotated

from tyro.conf import subcommand

from training.methods.acl import ACL
from training.methods.advcl import AdvCL
from training.methods.byol import BYOL
from training.methods.deacl import DeACL
from training.methods.dynacl import DynACL
from training.methods.moco import MoCo
from training.methods.plain import Plain
from training.methods.rocl import RoCL
from training.methods.simclr import SimCLR
from training.methods.supcon import SupCon
from training.methods.supervised import Supervised
from training.methods.uel import UEL

Method = (
    Annotated[SimCLR, subcommand("simclr")]
    | Annotated[MoCo, subcommand("moco")]
    | Annotated[BYOL, subcommand("byol")]
    | Annotated[Plain, subcommand("plain")]
    | Annotated[UEL, subcommand("uel")]
    | Annotated[SupCon, subcommand("supcon")]
    | Annotated[RoCL, subcommand("rocl")]
    | Annotated[ACL, subcommand("acl")]
    | Annotated[DynACL, subcommand("dynacl")]
    | Annotated[DeACL, subcommand("deacl")]
    | Annotated[AdvCL, subcommand("advcl")]
    | Annotated[Supervised, subcommand("supervised")]
)
