CREATE TABLE public.t (
  price numeric(10, 2), amount int,
  total numeric GENERATED ALWAYS AS (price * amount) STORED,
  name varchar(20),
  search tsvector GENERATED ALWAYS AS (to_tsvector('english', coalesce(name, ''))) STORED,
  label text GENERATED ALWAYS AS (CASE WHEN amount > 1 THEN name || 's' ELSE name END) STORED NOT NULL
);
