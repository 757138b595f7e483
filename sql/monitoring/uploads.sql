SELECT count(*) FILTER (WHERE total_uploads > 0) AS users, sum(total_uploads) AS uploads, max(total_uploads) AS most
FROM public.profiles
