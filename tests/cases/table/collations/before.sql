CREATE COLLATION public."My Order" (provider = libc, locale = 'POSIX');
CREATE DOMAIN public.code AS text COLLATE "C";
