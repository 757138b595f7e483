DROP INDEX "select"."x ON y USING ""z"" %s";
COMMENT ON INDEX "select"."größe/idx.1" IS 'x';
