DROP TABLE audit_marks;
DROP TABLE audit_seals;
DROP TABLE audit_entries;
