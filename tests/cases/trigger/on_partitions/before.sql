CREATE TABLE public.log (at date, line text) PARTITION BY RANGE (at);
CREATE TABLE public.log_2025 PARTITION OF public.log FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
