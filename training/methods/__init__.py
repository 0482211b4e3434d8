"""How views become a loss. One file per method; to add one, add its file and name it here."""

from training.methods.simclr import SimCLR

Method = SimCLR
