CREATE TABLE public.t (id int, email text, name varchar(40), tags text[], data jsonb, at timestamptz, flag boolean, place point, "Größe" int, "select" int);
