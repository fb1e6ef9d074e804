"""What is heard in a call: templates, pieces of recorded speech, a configured voice, or tones."""
