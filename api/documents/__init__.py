"""Paper: certificates as PDF, made of what the ledger says, with the receipt inside.

`facts` are what a certificate says, as values; `contents` finds them on a node's ledger; `layout`
places them on pages, `drawing` and `assembly` make the file. Only this folder knows reportlab,
segno and pyHanko. Spec: ``docs/spec/certificate_pdf.md``.
"""
