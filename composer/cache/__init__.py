"""What runs leave for later ones, in a folder of the workspace that is safe to delete; nothing in it is believed without a digest.

The answer of a run that found everything in order is kept with the digest of every byte that it depended on. A later run reads those bytes
again, all of them, and only if they are the same does it give the same answer without composing. No time stamp of a source or an output
decides anything. Beside it stands what each agent came to and what it was made of, for runs that have something to do.
"""
