"""Where scanned objects go: edit this file, it is yours. router.py reads it and needs no change.

The first rule that fits a result decides, and objects that no rule fits stay where they are. A rule fits when all of
what it states does:

    bucket         the bucket that the object is in; always stated, so that no message can make the function touch
                   another one
    results        verdicts: Clean, Infected, InfectedAllowed, Suspicious, Unscannable, Error
    prefix         the beginning of the key
    suffixes       endings of the key, in any case: (".pdf", ".docx")
    content_types  beginnings of the object's Content-Type: ("image/", "application/pdf")
    to             one or more places; with several, the object is copied to each
    move           True: the source is deleted when every copy was verified; False: it stays

    Place(bucket, prefix="", strip="", region=None, account=None)
        the key becomes prefix + key without `strip` at its beginning; the bucket has to belong to this account, or else to
        that of the function

Mind that whoever uploads an object chooses its key and its Content-Type: use them to sort, not to decide about trust.
"""
from router import Place, Rule

RULES = [
    # Pictures that are clean go to the web site and to the archive.
    Rule(bucket="staging", results={"Clean"}, prefix="incoming/", content_types=("image/",),
         to=[Place("website", "pictures/", strip="incoming/"), Place("archive")]),
    # Everything else that is clean goes to production.
    Rule(bucket="staging", results={"Clean"}, to=[Place("production")]),
    # What nobody could look into waits for a person.
    Rule(bucket="staging", results={"Unscannable", "Error", "Suspicious"}, to=[Place("review")]),
]
