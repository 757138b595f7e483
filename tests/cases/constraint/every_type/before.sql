CREATE EXTENSION btree_gist SCHEMA extensions;
CREATE TABLE public.parents (id int NOT NULL, a int NOT NULL, b text NOT NULL);
CREATE TABLE public.t (
  id int NOT NULL, parent int, a int, b text, at tstzrange, status text, email text, amount numeric(10, 2), code varchar(5)
);
