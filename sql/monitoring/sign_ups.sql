SELECT date_trunc('day', created_at) AS day, count(*) AS sign_ups,
  count(*) FILTER (WHERE subscription_status = 'trial' AND plan_expires_at IS NULL) AS trials_without_end
FROM public.profiles GROUP BY 1
