"""The small library behind *Through the Bottleneck: autoencoders, from PCA to the VAE*."""

from course_lib._threads import cap_threads

__version__ = "0.1.0"

# At import, because a thread more than the machine can run makes every chapter ten times slower: see `_threads`.
cap_threads()
