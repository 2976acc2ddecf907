-- name: SaveTOTPSecret :exec
-- Replaces the secret of an enrolment that was not completed.
INSERT INTO totp_secrets AS t (user_id, secret, created_at) VALUES (@user_id, @secret, @now)
ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, last_step = 0, created_at = excluded.created_at;

-- name: TOTPSecret :one
SELECT * FROM totp_secrets WHERE user_id = @user_id;

-- name: UseTOTPStep :execrows
-- Of concurrent uses of the codes of one step, one is accepted, and none of an earlier
-- step after it.
UPDATE totp_secrets SET last_step = @step, secret = @secret WHERE user_id = @user_id AND last_step < @step;

-- name: EnableTOTP :one
UPDATE users SET totp_enabled_at = @now WHERE id = @id RETURNING *;

-- name: DisableTOTP :one
UPDATE users SET totp_enabled_at = NULL WHERE id = @id RETURNING *;

-- name: DeleteTOTPSecret :exec
DELETE FROM totp_secrets WHERE user_id = @user_id;

-- name: CreateRecoveryCodes :exec
INSERT INTO recovery_codes (user_id, hash, created_at) SELECT @user_id, unnest(@hashes::bytea[]), @now;

-- name: UseRecoveryCode :execrows
UPDATE recovery_codes SET used_at = @now WHERE user_id = @user_id AND hash = @hash AND used_at IS NULL;

-- name: DeleteRecoveryCodes :exec
DELETE FROM recovery_codes WHERE user_id = @user_id;

-- name: CountRecoveryCodes :many
SELECT user_id, count(*) AS unused FROM recovery_codes WHERE user_id = ANY (@user_ids::text[]) AND used_at IS NULL GROUP BY user_id;

-- name: CreateSignInChallenge :exec
INSERT INTO sign_in_challenges (hash, user_id, cart_merge, created_at, expires_at)
VALUES (@hash, @user_id, @cart_merge, @now, @expires_at);

-- name: SignInChallenge :one
SELECT * FROM sign_in_challenges WHERE hash = @hash;

-- name: AttemptSignInChallenge :execrows
-- Counts an attempt. Zero rows mean that there were enough, or that the password was
-- set anew since.
UPDATE sign_in_challenges c SET attempts = c.attempts + 1
FROM users u
WHERE c.hash = @hash AND c.attempts < @most::int AND c.expires_at > @now AND u.id = c.user_id AND u.password_set_at <= c.created_at;

-- name: DeleteSignInChallenge :exec
DELETE FROM sign_in_challenges WHERE hash = @hash;

-- name: DeleteSignInChallengesOfUser :exec
DELETE FROM sign_in_challenges WHERE user_id = @user_id;

-- name: DeleteEndedSignInChallenges :execrows
DELETE FROM sign_in_challenges WHERE expires_at < now();
