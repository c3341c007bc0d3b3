"""What the abstract of the CLIP paper asserts, and which number of ours decides.

Source: Radford et al., 2021.
"""

from stages.core.evaluation import Claim

CLAIMS = (
    Claim(
        id="clip.zero_shot",
        sentence="Language references concepts: a classifier made of their names works without examples.",
        paper="76.2 % of ImageNet, none of whose 1.28 M training images were used",
        metric="zero_shot/least_gain_over_chance",
        relation=">",
        reference=1.0,
    ),
    Claim(
        id="clip.efficiency",
        sentence="Predicting which caption goes with which image learns faster than predicting its words.",
        paper="4 times fewer images than a bag of words, 12 times fewer than a captioner",
        needs="the two predictive baselines, trained to equal zero-shot accuracy over three seeds",
    ),
    Claim(
        id="clip.prompts",
        sentence="Prompts and ensembles of prompts help.",
        paper="+1.3 points by one prompt and +3.5 by 80 on ImageNet",
        needs="training captions in varied sentences, and templates held out of them, over three seeds",
    ),
    Claim(
        id="clip.scale",
        sentence="The error falls smoothly with compute.",
        paper="log-log linear over a factor of 44",
        needs="at least four sizes trained on the same pairs",
    ),
    Claim(
        id="clip.robust",
        sentence="Zero-shot loses less under natural shift than a supervised model of equal accuracy.",
        paper="the robustness gap shrinks by up to 75 %",
        needs="a supervised model of equal accuracy on the styles that were seen",
    ),
)
