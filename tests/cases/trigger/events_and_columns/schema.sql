CREATE TABLE public."Items" (id int, "Name" text, "order" int, "größe" int, "a, b" int, email text);
CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER every BEFORE DELETE OR UPDATE OR INSERT ON public."Items" FOR EACH ROW EXECUTE FUNCTION f();
CREATE TRIGGER of_some BEFORE UPDATE OF "Name", id OR DELETE ON public."Items" FOR EACH ROW EXECUTE FUNCTION f();
CREATE TRIGGER quoted BEFORE UPDATE OF "Name", "a, b", email, "größe", "order" ON public."Items" FOR EACH ROW EXECUTE FUNCTION f();
CREATE TRIGGER emptied AFTER TRUNCATE OR INSERT ON public."Items" EXECUTE FUNCTION f();
CREATE TRIGGER statement AFTER UPDATE ON public."Items" FOR EACH STATEMENT EXECUTE FUNCTION f();
