CREATE TABLE public.t (id int);
INSERT INTO public.t VALUES (1), (1);
ALTER TABLE public.t ADD CONSTRAINT k EXCLUDE USING btree (id WITH =) WHERE (id > 5);
