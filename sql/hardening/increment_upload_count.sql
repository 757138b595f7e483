{% extends "usage/increment_upload_count.sql" %}
{% block first %}

  -- For oneself, or for anybody as the service; without SET ROLE it is the owner who calls.
  IF NOT (coalesce(auth.uid() = p_user_id, false) OR current_setting('role') IN ('service_role', 'none')) THEN
    RETURN QUERY SELECT false, 0, 'User not found';
    RETURN;
  END IF;
  IF NOT coalesce(p_file_count > 0, false) THEN
    RETURN QUERY SELECT false, 0, 'Nothing to count';
    RETURN;
  END IF;
{% endblock %}
