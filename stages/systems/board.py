"""The claims board: what the ten abstracts assert, by ids that stay.

A built system declares each of its ids in `system.py`, with the metric that decides. The board is what the
report shows of the others, so that a reader sees what is still to be measured. A test holds the built ones
against it: none may leave out a claim that does not suit it.
"""

from collections.abc import Mapping

# The few metrics that stand for a built system in a table of all ten, in words, the failures among them.
HEADLINES: Mapping[str, Mapping[str, str]] = {
    "whisper": {
        "strings/wer": "word errors: unseen strings, known voices",
        "speakers/wer": "word errors: voices never heard",
        "captions/wer": "word errors: natural sentences",
    },
    "clip": {
        "style/top1": "first guess right: a drawing style never seen",
        "style/top1_pixel_neighbour": "the same by the nearest training picture, pixel by pixel",
        "style/top5": "among the first five: the same style",
        "concepts/top5": "among the first five: concepts never seen",
    },
}

BOARD: Mapping[str, Mapping[str, str]] = {
    "whisper": {
        "whisper.transfer": "Weak, broad supervision transfers to other sources without fine-tuning.",
        "whisper.scale": "More hours of audio bring lower error.",
        "whisper.multitask": "One model transcribes, translates and identifies languages.",
        "whisper.robust": "Robustness to noise approaches that of people.",
    },
    "clip": {
        "clip.zero_shot": "Language references concepts: it transfers without training examples.",
        "clip.efficiency": "Matching captions with images learns faster than predicting the captions' words.",
        "clip.prompts": "Prompts help, and ensembles of prompts help more.",
        "clip.scale": "Error falls smoothly with compute.",
        "clip.robust": "Zero-shot loses less under natural shift than a supervised model of equal accuracy.",
    },
    "glide": {
        "glide.cfg": "Classifier-free guidance is preferred to CLIP guidance.",
        "glide.guidance_vs_size": "Guidance is worth more than size.",
        "glide.inpaint": "Fine-tuning gives text-driven inpainting.",
        "glide.filter": "A model can be trained on filtered data.",
    },
    "double_descent": {
        "double_descent.model": "Larger models are first worse, then better.",
        "double_descent.epoch": "Test error falls, rises and falls again over epochs.",
        "double_descent.sample": "More data can hurt.",
        "double_descent.emc": "Effective model complexity explains the three.",
    },
    "infogan": {
        "infogan.bound": "The mutual-information bound is optimised.",
        "infogan.digits": "Codes come to mean digit types, unsupervised.",
        "infogan.continuous": "Continuous codes mean rotation and width.",
        "infogan.supervised": "The representation is competitive with supervised ones.",
    },
    "seq2seq": {
        "seq2seq.baseline": "The LSTM beats a phrase-based baseline.",
        "seq2seq.rescore": "Rescoring the baseline's list improves it.",
        "seq2seq.reverse": "Reversing the source helps.",
        "seq2seq.long": "Long sentences are no difficulty.",
        "seq2seq.representation": "States are sensitive to word order, little to voice.",
    },
    "adversarial": {
        "adversarial.units": "Single units mean no more than random directions.",
        "adversarial.imperceptible": "Imperceptible perturbations fool the network.",
        "adversarial.models": "The same perturbation fools other networks.",
        "adversarial.subsets": "It also fools networks trained on other subsets.",
        "adversarial.spectral": "Instability is visible in the norms of the layers.",
    },
    "word2vec": {
        "word2vec.subsampling": "Subsampling speeds training up and helps rarer words.",
        "word2vec.negative": "Negative sampling is a simple alternative to hierarchical softmax.",
        "word2vec.phrases": "Phrases are found and learned.",
        "word2vec.composition": "Vectors add.",
    },
    "rotorcraft": {
        "rotorcraft.reach": "The craft reaches its goal through concave fields with a limited sensor.",
        "rotorcraft.energy": "It saves energy.",
        "rotorcraft.optimal": "D* Lite is right at every replan.",
        "rotorcraft.flyable": "The dynamics fly the plan.",
    },
    "empowerment": {
        "empowerment.efficient": "Empowerment is computed efficiently.",
        "empowerment.general": "Earlier notions are special cases.",
        "empowerment.control": "Benchmark problems are controlled without reward.",
        "empowerment.dynamics": "Success is explained by the dynamics.",
    },
}
