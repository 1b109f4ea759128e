"""Uploaded files: types, names, contents on disk, quotas, pictures.

    kinds           detect the type of a file by its first bytes; which types browsers may show
    file_names      make the name of a file safe to show, to save and to put into a link
    store           contents on disk, by their ids
    quota           reserve space for uploads in progress
    pictures        re-encode pictures without metadata; picture_worker does it in a process
    upload_service  an upload from its first byte to its event in the log; deletion

The metadata of files is in the model (model/uploads.py) and the log.
handlers/messages/attachments.py decides who may download a file; http/routes/files.py is the HTTP
interface.
"""
