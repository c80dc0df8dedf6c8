"""Amazon Review Data, read and cleaned: lines, records, plain text, pseudonyms, rejects. No database."""
