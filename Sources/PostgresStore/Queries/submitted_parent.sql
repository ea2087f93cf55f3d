-- submitted_parent.sql: the parent of id $1, or else of step $3 of run $2, and whether anything of $1 has traded.
SELECT coalesce(
        (SELECT id FROM parent_orders WHERE id = $1), (SELECT id FROM parent_orders WHERE run = $2 AND step_path = $3)
    ) AS id, EXISTS (SELECT FROM fills WHERE parent_order = $1) AS has_traded
