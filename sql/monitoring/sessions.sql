SELECT count(*) FILTER (WHERE last_heartbeat > now() - interval '15 minutes') AS live,
  count(DISTINCT user_id) FILTER (WHERE last_heartbeat > now() - interval '15 minutes') AS users,
  count(*) FILTER (WHERE last_heartbeat < now() - interval '15 minutes') AS silent, min(last_heartbeat) AS oldest
FROM public.active_sessions
