### Shared by the gateway's pages and the agent

tries-left = { $count ->
    [one] { $count } try left
   *[other] { $count } tries left
}
level-self = stated by the person
level-low = low
level-substantial = substantial
level-high = high
incident = Incident number: { $incident }
support = Help: { $support }

### Refusals of an authentication token

refused-unknown = Sign-in was refused.
    .next = Go back to the portal and try again. If it happens again, call support and give the incident number.
refused-nonce_malformed = The sign-in data was damaged on the way.
    .next = Go back to the portal and start again.
refused-nonce_spent = The time to sign has run out, or this sign-in was already used.
    .next = Go back to the portal and start again. You have two minutes after typing the PIN.
refused-origin_malformed = The gateway's address is not valid.
    .next = Tell the portal's support.
refused-token_length = The data from your computer has the wrong size.
    .next = Update Brama agent on this computer and try again.
refused-token_malformed = The data from your computer could not be read.
    .next = Update Brama agent on this computer and try again.
refused-token_format = This version of the sign-in program is not supported.
    .next = Update Brama agent on this computer and try again.
refused-certificate_encoding = The certificate on your token could not be read.
    .next = Ask the authority that issued the token to check it.
refused-signature_encoding = The signature made by your token could not be read.
    .next = Take the token out, put it in again and try once more.
refused-algorithm_unknown = Your token signs in a way this service does not accept.
    .next = Choose another certificate, or ask the authority that issued the token for a newer one.
refused-algorithm_mismatch = The signature does not fit the certificate.
    .next = Choose another certificate, or ask the authority that issued the token to check it.
refused-signature_invalid = The signature does not hold for this site.
    .next = Go back to the portal and start again. If it happens again, do not type your PIN and call support.

### gateway: pages

languages = Language
signin-title = Sign in to { $portal }
signin-return = You will return to
signin-level = Level of assurance needed
signin-button = Sign in with a key token
signin-hint = Brama agent on this computer will show who asks and will ask for your PIN. Never type your PIN into a web page.
signin-step-waiting = Looking for Brama agent on this computer
signin-step-asked = Brama agent is asking you: choose a certificate and type your PIN there
signin-step-ready = Signed. Confirm your name in the tab that opened
signin-done = You are signed in. You can close this tab.
signin-gone = This sign-in is over. Go back to the portal and start again.
signin-cancel = Return to { $host } without signing in
absent-title = Nothing happened, or the new tab cannot connect?
absent-intro = Then Brama agent is not running on this computer.
absent-start = Start it:
absent-doctor = If it does not start, let it say what is missing:
absent-install = If it is not installed, ask the portal's support where to get it for your system.
absent-again = Then press the button again. This page waits for you for half an hour.
continue-title = Is this you?
continue-issuer = Certificate issued by
continue-level = Level of assurance
continue-button = Continue as { $name }
continue-other = This is not me, or I want another certificate
continue-shares = { $portal } will get your name, your numbers and your organisation from the certificate.
signout-title = Sign out
signout-question = Do you want to sign out of Brama in this browser?
signout-button = Sign out
signout-done = You are signed out
signout-done-next = You can close this tab. Take your token with you.
home-title = Brama, the gate
home-text = This is a sign-in service for public portals. To sign in, begin at the portal you need.

### gateway: refusals

refused-transaction_unknown = This sign-in is over, or it began in another browser.
    .next = Go back to the portal and start again. Cookies must be allowed for this site.
refused-completion_foreign = This sign-in began in another browser. It was cancelled.
    .next = If you did not begin it, somebody may have tried to use your signature: close this page and tell support the incident number. If you did, start again at the portal in one browser.
refused-completion_spent = This sign-in was already completed.
    .next = Go back to the portal. If you are not signed in there, start again.
refused-not_same_origin = The answer did not come from this page.
    .next = Go back to the portal and start again.
refused-handle_unknown = The two minutes for starting Brama agent are over, or this start was already used.
    .next = Go back to the sign-in page and press the button again.
refused-ticket_unknown = This sign-in is over.
    .next = Go back to the portal and start again.
refused-too_many_tries = There were too many tries in this sign-in.
    .next = Go back to the portal and start again.
refused-level_not_reached = This certificate gives a lower level of assurance than the portal needs.
    .next = Choose a certificate on a certified token, or ask the portal for another way.
refused-clock_behind = The service's clock is wrong, so certificates cannot be checked.
    .next = Try again later. If it happens again, call support and give the incident number.
refused-identifier_conflict = The numbers in this certificate belong to two different people in our records.
    .next = Call support and give the incident number. Nothing was changed.
refused-overloaded = The service is busy.
    .next = Try again in a few minutes.
refused-not_found = There is no such page here.
    .next = Begin at the portal you need.
refused-internal = Something went wrong on our side.
    .next = Try again later. If it happens again, call support and give the incident number.
refused-cancelled = You cancelled the sign-in.
    .next = You can start again at the portal.

### assurance: refusals

refused-proof_mismatch = The signature was made with another certificate than the one shown.
    .next = Go back to the portal and start again. If it happens again, call support and give the incident number.
refused-identifier_ambiguous = The certificate has two different numbers of the same kind, so it is not clear whose it is.
    .next = Choose another certificate, or ask the authority that issued it for a new one.
refused-subject_unnamed = The certificate names nobody.
    .next = Choose another certificate, or ask the authority that issued it for a new one.

### oidc: refusals

refused-request_too_large = The request is too large.
    .next = Go back to the portal and start again. If it happens again, tell the portal's support.
refused-portal_missing = The address does not say which portal you come from.
    .next = Open the portal and press its sign-in button there.
refused-portal_unknown = This portal is not registered here, so you cannot sign in to it.
    .next = Check the portal's address. If it is right, tell the portal's support.
refused-redirect_uri_missing = The portal did not say where to return to.
    .next = Go back to the portal and start again. If it happens again, tell the portal's support.
refused-redirect_uri_mismatch = The address to return to is not one this portal has registered. For your safety the sign-in was stopped.
    .next = Open the portal by typing its address yourself. If it happens again, tell the portal's support.
refused-logout_malformed = The sign-out request contradicts itself.
    .next = Close the browser to be safe, and tell the portal's support.
refused-logout_redirect_mismatch = The address to go to after sign-out is not registered. You were not sent there.
    .next = Close the browser to be signed out, and tell the portal's support.
refused-status_lapsed = There is no fresh information on whether your certificate is valid.
    .next = Try again in a few minutes. If it lasts, call support and give the incident number.
refused-identifier_missing = Your certificate has no number by which we could know you.
    .next = Choose another certificate, or ask the authority that issued it.
refused-identifier_count = Your certificate has more numbers than we can take.
    .next = Choose another certificate, or call support and give the incident number.
