DROP POLICY thing ON other.thing;
DROP INDEX other.thing_i;
ALTER TABLE public.thing DROP CONSTRAINT thing;
DROP TRIGGER thing ON public.thing;
