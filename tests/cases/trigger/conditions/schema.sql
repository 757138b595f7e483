CREATE TABLE public.orders (id int, state varchar(10), total numeric, tags text[]);
CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER inserted AFTER INSERT ON public.orders FOR EACH ROW WHEN (NEW.total > 100.5) EXECUTE FUNCTION f();
CREATE TRIGGER deleted AFTER DELETE ON public.orders FOR EACH ROW WHEN (OLD.state IN ('paid', 'sent')) EXECUTE FUNCTION f();
CREATE TRIGGER updated BEFORE UPDATE ON public.orders FOR EACH ROW
  WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION f();
CREATE TRIGGER quoted BEFORE UPDATE ON public.orders FOR EACH ROW
  WHEN (NEW.state = ') EXECUTE FUNCTION f(' OR NEW.state = ' WHEN (x)') EXECUTE FUNCTION f();
CREATE TRIGGER at_depth BEFORE UPDATE ON public.orders FOR EACH STATEMENT
  WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION f();
