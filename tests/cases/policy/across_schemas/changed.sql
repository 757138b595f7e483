DROP POLICY p ON "Audit Log"."Entries";
ALTER POLICY p ON app.accounts USING (parent IS NULL);
