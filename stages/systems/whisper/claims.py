"""What Whisper's abstract asserts, and what of it this repository measures at the sample's size."""

from stages.core.evaluation import Claim

CLAIMS = (
    Claim(
        id="whisper.transfer",
        sentence="Weak, broad supervision transfers to other sources and speakers without fine-tuning.",
        paper="55 % fewer errors than a LibriSpeech-trained model over 13 other sets",
        needs="a same-size model trained on one clean source beside the broad one; hours of many speakers "
        "(the sample has five voices, and new ones are not understood: see speakers/wer)",
    ),
    Claim(
        id="whisper.scale",
        sentence="More hours of weakly supervised speech, fewer errors.",
        paper="word errors halve for each 16 times more hours of a language (r² .83)",
        needs="training at four or more subset sizes, over seeds",
    ),
    Claim(
        id="whisper.multitask",
        sentence="One model transcribes, translates and identifies languages: the worst of the three tasks "
        "makes fewer errors than answering without hearing (unseen strings of known voices).",
        paper="joint training hurts small models and helps large ones",
        metric="strings/worst_task",
        relation="<",
        reference=1.0,
    ),
    Claim(
        id="whisper.robust",
        sentence="With noise, errors grow more slowly than those of a model of one clean source.",
        paper="below 10 dB of pub noise it is more accurate than LibriSpeech-trained models",
        needs="error rates from 40 to -10 dB of noise, beside a model trained on one clean source",
    ),
)
