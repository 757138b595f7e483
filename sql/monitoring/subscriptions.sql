SELECT coalesce(subscription_status, 'no status') AS status, count(*) AS users,
  count(*) FILTER (WHERE current_period_end < now() - interval '1 day') AS ended
FROM public.profiles GROUP BY 1
