"""Files that people upload: where they lie, how much may, what is made of pictures.

    kinds       what a file is, by its first bytes; what a browser may show
    names       the name of a file, fit to be shown, saved and put into a link
    store       contents on the disk, by their ids
    allowance   room for an upload, before it is there
    pictures    pictures made anew without what the camera wrote into them; picture_worker
    backup      contents beside a backup of the log
    keeper      uploads from their first byte to their event in the log, and their end

What is true of files is in the model (model/uploads.py) and the log; who may read one is asked in
handlers/messages/attachments.py; HTTP is http/routes/files.py.
"""
