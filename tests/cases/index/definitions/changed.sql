COMMENT ON INDEX public.plain IS NULL;
DROP INDEX public.expression, public.partial, public.only_one, public.nulls_too;
CREATE INDEX expression ON public.t (upper(email));
CREATE INDEX partial ON public.t (email) WHERE flag AND name IN ('a') AND email IS NOT NULL;
CREATE INDEX only_one ON public.t (email) WHERE NOT flag;
CREATE UNIQUE INDEX nulls_too ON public.t (email, id);
ALTER INDEX public.full_pages SET (fillfactor = 80);
DROP INDEX public.in_tags;
