CREATE TABLE public.t (
  a varchar(20), b varchar, c char(3), d char, e bpchar, f text,
  g smallint, h int, i bigint, j numeric, k numeric(10, 2), l numeric(5), m real, n double precision, o float(10),
  p timestamptz, q timestamptz(3), r timestamp, s timestamp(0), u date, v time, w timetz(2),
  x interval, y interval day to second(3), z boolean,
  aa uuid, ab json, ac jsonb, ad bytea, ae inet, af cidr, ag macaddr, ah bit(4), ai varbit(8), aj xml, ak money,
  al text[], am int[][], an varchar(5)[], ao numeric(8, 3)[], ap timestamptz(6)[],
  aq mood, ar public.mood[], "as" "My Types"."Mixed Case", at public.email, au public.email[], av point3, aw span,
  ax int4range, ay tstzmultirange, az tsvector, ba point, bb regclass, bc oid, bd "char", be name, bf pg_lsn
);
