"""What the sources of published fine-tunings say: recipes (patterns), field, value, source.

bench   RobustSSL benchmark, utils.setup_hyperparameter
acl     VITA-Group/Adversarial-Contrastive-Learning: fine-tuning options, README
advcl   LijieFan/AdvCL: linear evaluation
deacl   pantheon5100/DeACL: README
dynacl  PKU-ML/DynACL: linear and full fine-tuning
rocl    Kim-Minseon/RoCL: linear_eval.py, scripts
fork    rohit-gupta/SupContrast: main_linear_adv.py, commands
nonsem  official code of 2110.14189: linear evaluation, README
tclr    DAVEISHAN/TCLR: linear evaluation
ours    the source does not say, so far as we know
"""

from training.optimizers.rates import Level

LINEAR = "acl-slf acl-alf advcl-slf advcl-alf dynacl-slf dynacl-alf"
EARLY = "acl-slf acl-alf dynacl-slf dynacl-alf"
LATE = "advcl-* deacl-* dynacl-aff"
ROCL = "rocl-slf rocl-alf"

TUNING_VALUES = [
    ("*", "momentum", 0.9, "all: SGD"),
    ("*", "warmup", 0.0, "all: none"),
    ("*", "exclude", False, "all: one decay for all parameters"),
    (LINEAR, "rate", 0.01, "bench; dynacl: for CIFAR-10; advcl"),
    ("[ad]*", "weight_decay", 2e-4, "bench; acl; advcl; dynacl"),
    ("[ad]*-slf", "batch", 512, "bench; advcl; dynacl"),
    ("[ad]*-alf", "batch", 512, "bench; dynacl"),
    ("*-aff", "batch", 128, "bench; acl; dynacl"),
    (f"{EARLY} {LATE}", "epochs", 25, "bench; advcl; deacl; dynacl"),
    (EARLY, "fall.at", (0.4, 0.8), "bench; dynacl: after epochs 10 and 20"),
    (LATE, "fall.at", (0.6, 0.8), "bench; advcl; deacl: after epochs 15 and 20"),
    (f"{EARLY} {LATE}", "fall.to", (0.1, 0.01), "all: a tenth each time"),
    ("acl-aff", "epochs", 100, "acl: README, CIFAR-10; bench"),
    ("acl-aff", "fall.at", (0.4, 0.6), "acl: README, after epochs 40 and 60; bench"),
    ("acl-aff", "fall.to", (0.1, 0.01), "acl"),
    ("acl-aff advcl-aff dynacl-aff", "rate", 0.1, "bench; acl; dynacl"),
    ("deacl-slf", "rate", 0.1, "deacl"),
    ("deacl-alf deacl-aff", "rate", 0.01, "deacl"),
    ("*-aff", "beta", 6.0, "bench; acl; deacl: TRADES"),
    ("dynacl-aff", "norms", "dual", "dynacl: clean branch normal, attacked pgd"),
    ("acl-aff advcl-aff deacl-aff", "norms", "single", "acl: --bnNameCnt 1"),
    ("*-alf *-aff", "attack.steps", 10, "bench; deacl; dynacl; rocl: r-LE, k = 10"),
    ("*-alf *-aff", "attack.radius", 8 / 255, "all"),
    ("[ad]*-alf *-aff", "attack.stride", 2 / 255, "acl"),
    (ROCL, "rate", 0.1, "rocl: script"),
    (ROCL, "weight_decay", 5e-4, "rocl"),
    (ROCL, "epochs", 150, "rocl"),
    (ROCL, "batch", 1024, "rocl"),
    (ROCL, "fall.at", (0.2, 1 / 3, 2 / 3), "rocl: after epochs 30, 50 and 100"),
    (ROCL, "fall.to", (0.1, 0.01, 0.001), "rocl: a tenth each time"),
    (ROCL, "views.shift", 0.0, "rocl: clean pictures, not augmented"),
    (ROCL, "views.flip.probability", 0.0, "rocl: clean pictures, not augmented"),
    ("susceptibility-slf", "rate", 1.0, "fork: for SimCLR"),
    ("susceptibility-slf", "batch", 512, "fork: for SimCLR"),
    ("susceptibility-slf", "epochs", 100, "fork"),
    ("susceptibility-slf non-semantic-slf", "weight_decay", 0.0, "fork; nonsem"),
    ("susceptibility-slf", "fall.at", (0.6, 0.75, 0.9), "fork: after epochs 60, 75 and 90"),
    ("susceptibility-slf", "fall.to", (0.2, 0.04, 0.008), "fork: a fifth each time"),
    ("non-semantic-slf", "rate", 10.0, "nonsem"),
    ("non-semantic-slf", "batch", 128, "nonsem"),
    ("non-semantic-slf", "epochs", 60, "nonsem"),
    ("non-semantic-slf", "fall.at", (0.5, 2 / 3, 5 / 6), "nonsem: after epochs 30, 40 and 50"),
    ("non-semantic-slf", "fall.to", (0.1, 0.01, 0.001), "nonsem: a tenth each time"),
    ("tclr-slf", "rate", 0.01, "tclr"),
    ("tclr-slf", "batch", 32, "tclr"),
    ("tclr-slf", "epochs", 100, "tclr"),
    ("tclr-slf", "weight_decay", 0.0, "ours"),
    ("tclr-slf", "fall", Level(), "ours"),
]
