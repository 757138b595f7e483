CREATE TABLE public.t (
  a text COLLATE "C", b varchar(5) COLLATE pg_catalog."POSIX", c text COLLATE "My Order", d text, e code, f code COLLATE "POSIX",
  g text[] COLLATE "C"
);
