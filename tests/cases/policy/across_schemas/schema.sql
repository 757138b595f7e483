CREATE TABLE app.accounts (id uuid, parent uuid);
CREATE TABLE "Audit Log"."Entries" ("At" timestamptz, account uuid);
CREATE POLICY p ON app.accounts FOR SELECT
  USING (parent IS NULL OR EXISTS (SELECT FROM app.accounts up WHERE up.id = accounts.parent));
SET search_path = app;
CREATE POLICY p ON "Audit Log"."Entries" USING (account IN (SELECT id FROM accounts WHERE parent = auth.uid()) AND "At" < now());
