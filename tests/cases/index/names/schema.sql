CREATE INDEX "order" ON "select"."from USING x" ("where");
CREATE UNIQUE INDEX "x ON y USING ""z"" %s" ON "select"."from USING x" USING btree ("where", b);
CREATE INDEX "größe/idx.1" ON "select"."from USING x" (b) WHERE b <> ' USING ';
