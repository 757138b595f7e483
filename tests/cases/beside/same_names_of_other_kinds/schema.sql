-- One name everywhere: in two schemas, as a table, its column, constraint, policy, trigger and function.
CREATE TABLE public.thing (thing int);
CREATE TABLE other.thing (thing text);
CREATE FUNCTION public.thing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION other.thing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
ALTER TABLE public.thing ADD CONSTRAINT thing CHECK (thing > 0);
ALTER TABLE other.thing ADD CONSTRAINT thing CHECK (thing > '');
CREATE POLICY thing ON public.thing USING (thing > 1);
CREATE POLICY thing ON other.thing USING (thing > 'a');
CREATE TRIGGER thing AFTER INSERT ON public.thing FOR EACH ROW EXECUTE FUNCTION other.thing();
CREATE TRIGGER thing AFTER INSERT ON other.thing FOR EACH ROW EXECUTE FUNCTION public.thing();
CREATE INDEX thing_i ON public.thing (thing);
CREATE INDEX thing_i ON other.thing (thing);
