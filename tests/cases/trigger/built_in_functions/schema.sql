CREATE TABLE public.docs (id int, title text, words tsvector);
CREATE TRIGGER same BEFORE UPDATE ON public.docs FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE TRIGGER words BEFORE INSERT OR UPDATE ON public.docs FOR EACH ROW WHEN (NEW.title <> '')
  EXECUTE FUNCTION tsvector_update_trigger('words', 'pg_catalog.english', 'title');
