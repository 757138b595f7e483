ALTER TABLE public.t ALTER total SET EXPRESSION AS (price * amount * 2);
