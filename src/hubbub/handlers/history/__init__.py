"""History: CHATHISTORY, playback, search, read markers."""
