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
    .next = Update the Brama agent on this computer and try again.
refused-token_malformed = The data from your computer could not be read.
    .next = Update the Brama agent on this computer and try again.
refused-token_format = This version of the sign-in program is not supported.
    .next = Update the Brama agent on this computer and try again.
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
signin-hint = The Brama agent on this computer will show who asks and ask for your PIN. A small window opens and stays empty until you are done there; if it says that it cannot connect, come back to this page. Never type your PIN into a web page.
signin-step-waiting = Looking for the Brama agent on this computer
signin-step-asked = The Brama agent is asking you: choose a certificate and type your PIN there
signin-step-ready = Signed. Confirm your name
signin-done = You are signed in. You can close this tab.
signin-gone = This sign-in is over. Go back to the portal and start again.
signin-cancel = Return to { $host } without signing in
absent-title = Nothing happened, or the new window cannot connect?
absent-intro = Then the Brama agent is not running on this computer.
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
home-title = Brama sign-in service
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
refused-handle_unknown = The two minutes for starting the Brama agent are over, or this start was already used.
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
    .next = Press the button to start again, or return to the portal.

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
### agent

## Screens and pages

agent-title = Sign-in request
agent-portal-asks = { $portal } asks you to sign in.
agent-return-host = Afterwards the browser returns to { $host }
agent-gateway-host = The sign-in is checked by { $host }
agent-level = Level of assurance: { $level }
agent-host-warning = Warning: { $host } is not written in plain Latin letters and may imitate another site. If you do not know it, cancel.
agent-choose = Type the number of the certificate to sign in with and press Enter; Ctrl-C cancels:
agent-no-such-number = Type one of the numbers of the list; Ctrl-C cancels:
agent-organisation = Organisation: { $organisation }
agent-issued = Issued by { $issuer }, valid from { $from } to { $until }
agent-place = { $reader }, slot { $slot }
agent-unfit-unreadable = Cannot be used: the certificate cannot be read.
agent-unfit-issuer = Cannot be used here: this service does not accept its issuer.
agent-unfit-not-yet-valid = Cannot be used yet: it is valid from { $from }.
agent-unfit-expired = Cannot be used any more: it expired on { $until }. Ask its issuer for a new one.
agent-unfit-key-usage = Cannot be used: it is not meant for signing in.
agent-unfit-extended-key-usage = Cannot be used: its issuer did not mean it for signing in.
agent-unfit-algorithm = Cannot be used here: this service does not accept its kind of signature.
agent-unfit-pin-blocked = Cannot be used: the PIN is blocked. Unblock it with the PUK or ask its issuer.
agent-unfit-refused = Was refused just now: { $reason }
agent-missing-service = The smart card service is not running. Start it (sudo systemctl start pcscd.socket); this goes on by itself. Ctrl-C cancels.
agent-missing-reader = Plug in your token or card reader. Ctrl-C cancels.
agent-missing-card = Insert your card. Ctrl-C cancels.
agent-missing-fit = None of these certificates can be used here. Insert another token; Ctrl-C cancels.
agent-missing-reading = Reading the card…
agent-missing-in-use = Another program is using the card. Close it; Ctrl-C cancels.
agent-missing-mute = The card does not answer. Take it out and put it in again; Ctrl-C cancels.
agent-missing-known = This kind of card is not known to Brama. Insert another one; Ctrl-C cancels.
agent-missing-certificate = There is no certificate on this card. Insert another one; Ctrl-C cancels.
agent-last-try-title = Last try
agent-last-try = One try is left. If the PIN is wrong once more, the token is blocked and only the PUK or its issuer can help.
agent-last-try-question = Use the last try? 1 = yes, 0 or Enter = no:
agent-pin-title = Sign in with your PIN
agent-pin = PIN:
agent-progress = Signing and checking. Leave the token in…
agent-done = Done. Go on in the browser.
agent-not-done = You are not signed in.
agent-button-next = Next certificate
agent-button-sign-in = Sign in
agent-button-cancel = Cancel
agent-button-last-try = Use the last try
agent-button-back = Back
agent-page-title = Not signed in
agent-page-code = Code: { $code }
agent-page-update = How to update
agent-page-back = Back to the sign-in page
agent-doctor-service-absent = The smart card service pcscd is not installed.
agent-doctor-service-absent-next = Install it: sudo apt install pcscd
agent-doctor-service-stopped = The smart card service pcscd is not running.
agent-doctor-service-stopped-next = Start it: sudo systemctl enable --now pcscd.socket
agent-doctor-service-running = The smart card service is running.
agent-doctor-no-reader = No card reader or token is plugged in.
agent-doctor-no-reader-next = Plug it in; if it is, try another USB port, and look whether lsusb lists it.
agent-doctor-card-absent = { $reader }: no card.
agent-doctor-card-absent-next = Insert your card, chip first.
agent-doctor-card-reading = { $reader }: the card is being read.
agent-doctor-card-reading-next = Run this check again in a few seconds.
agent-doctor-card-mute = { $reader }: the card does not answer.
agent-doctor-card-mute-next = Take it out, clean the contacts, put it in again.
agent-doctor-card-unknown = { $reader }: this kind of card is not known (ATR { $atr }).
agent-doctor-card-unknown-next = Insert a card with a PIV application, or send the ATR to Brama's developers.
agent-doctor-card-in-use = { $reader }: another program is using the card.
agent-doctor-card-in-use-next = Close programs that use cards (browsers with PKCS#11 modules, gpg --card-status), then run this check again.
agent-doctor-card-empty = { $reader }: there is no certificate on the card.
agent-doctor-card-empty-next = Ask the authority that issued the card to put one on it.
agent-doctor-pin-blocked = { $reader }: the PIN is blocked.
agent-doctor-pin-blocked-next = Unblock it with the PUK, or ask the authority that issued the card.
agent-doctor-certificate = { $owner }: the certificate is valid to { $until }.
agent-doctor-certificate-expired = { $owner }: the certificate expired on { $until }.
agent-doctor-certificate-expired-next = Ask the authority that issued it for a new one.
agent-doctor-certificate-unreadable = { $reader }, slot { $slot }: the certificate cannot be read.
agent-doctor-certificate-unreadable-next = Ask the authority that issued the card to check it.
agent-doctor-port-free = Port { $port } is free: brama-agent is not running.
agent-doctor-port-free-next = Start it: brama-agent run
agent-doctor-port-own = Port { $port } is served by a program of yours, brama-agent most likely.
agent-doctor-port-foreign = Port { $port } is taken by a program of user { $user }.
agent-doctor-port-foreign-next = Do not sign in until it is gone. Ask the administrator which program it is: sudo ss -ltnp 'sport = :{ $port }'
agent-doctor-no-gateway = No gateway is configured.
agent-doctor-no-gateway-next = Write to { $file } two lines: [[gateway]] and url = "https://the.gateway"
agent-doctor-gateways-ignored = The gateways of your own file are not used: the administrator's file does not allow it.
agent-doctor-gateways-ignored-next = Ask the administrator to add the gateway to { $file }, or to write there allow_user_gateways = true
agent-doctor-gateway-answers = { $gateway } answers.
agent-doctor-gateway-unreachable = { $gateway } cannot be reached.
agent-doctor-gateway-unreachable-next = Check the network and the address in { $file }. Cause: { $cause }
agent-doctor-gateway-untrusted = { $gateway } does not prove to be the right one: its TLS certificate is not trusted.
agent-doctor-gateway-untrusted-next = Do not sign in there. If its authority is not a public one, name it in { $file }: ca = "file.pem". Cause: { $cause }
agent-doctor-clock-wrong = The clocks of this computer and of { $gateway } differ by { $seconds } s.
agent-doctor-clock-wrong-next = Set this computer's clock: sudo timedatectl set-ntp true
agent-doctor-healthy = Nothing is missing.

## Refusals of the agent

refused-agent_cancelled = You cancelled the sign-in.
    .next = Nothing was sent. To sign in, go back to the sign-in page and press the button again.
refused-agent_browser_left = The browser page of this sign-in was closed.
    .next = Nothing was sent. To sign in, go back to the portal and start again, and leave the page open.
refused-agent_expired = The time for this sign-in has run out.
    .next = Go back to the portal and start again.
refused-agent_stopping = The Brama agent was stopped.
    .next = Start it again (brama-agent run), then go back to the portal and start again.
refused-agent_gateway_unreachable = The sign-in service cannot be reached from the Brama agent.
    .next = Check the network and try again in a minute.
refused-agent_gateway_untrusted = The sign-in service could not prove that it is the right one.
    .next = Do not sign in over this network. Try another one; if that does not help, run brama-agent doctor and call support.
refused-agent_handle_unknown = This sign-in link is too old or was already used.
    .next = Go back to the portal and press the button again.
refused-agent_gateway_answer = The sign-in service gave an answer that the Brama agent does not understand.
    .next = Try again in a minute. If it happens again, update the Brama agent or call support.
refused-agent_outdated = This version of the Brama agent is too old for the sign-in service.
    .next = Update the Brama agent, then go back to the portal and start again.
refused-agent_completion_foreign = The sign-in service wanted to send your browser to another site. The Brama agent did not allow it.
    .next = Do not try again. Tell the portal's support.
refused-agent_prompt = The Brama agent has no way to ask you for the PIN.
    .next = Start it in a terminal (brama-agent run), or install a pinentry program (sudo apt install pinentry-gnome3).
refused-agent_system = The computer is out of resources.
    .next = Close some programs and try again.
refused-agent_signature = The token made a signature that does not hold.
    .next = Take the token out, put it in again and try once more. If it happens again, ask its issuer to check it.
refused-agent_not_navigation = This address opens only from a sign-in page.
    .next = Go to the portal and press the button to sign in there. If you did, your browser is too old: update it.
refused-agent_gateway_unknown = The Brama agent does not know the site that sent you here, and does nothing for it.
    .next = If you trust that site, ask your administrator to add it to the agent's list. If you did not press a sign-in button, close this page.
refused-agent_referer_missing = Your browser does not say which page you came from, so the Brama agent cannot know who asks.
    .next = Go back to the sign-in page and press the button there. If you did, allow the browser or its extensions to send the Referer header to this site.
refused-agent_referer_foreign = Another site tried to start a sign-in in your name. The Brama agent did nothing.
    .next = Close this page. To sign in, go to the portal yourself and press the button there.
refused-agent_busy = Another sign-in is open on this computer.
    .next = Finish or cancel it in the Brama agent window, then go back and press the button again.

### card: refusals

refused-card_service_stopped = The smart card service is not running.
    .next = Start it (on Debian and Ubuntu: install the package pcscd) and try again.
refused-card_reader_removed = The reader was unplugged.
    .next = Plug it in again and start over.
refused-card_removed = The token was taken out too early.
    .next = Insert it and leave it in until you are signed in.
refused-card_changed = Another token is in the reader now.
    .next = Choose the certificate again.
refused-card_in_use = Another program is using the token.
    .next = Close that program or wait until it is done, then try again.
refused-card_timeout = The token does not answer.
    .next = Take it out, insert it again the right way round and try again.
refused-card_unknown = This kind of token is not known to Brama.
    .next = Insert another token, or ask whoever issued this one.
refused-card_communication = The reader could not reach the token.
    .next = Insert it again, or try another reader or USB port.
refused-card_answer_malformed = The token gave an answer that makes no sense.
    .next = Insert it again. If that does not help, ask whoever issued it.
refused-card_answer_too_long = The token gave more data than any known one does.
    .next = Insert it again. If that does not help, ask whoever issued it.
refused-card_refused = The token refused to work.
    .next = Try again or choose another certificate. If it happens again, ask whoever issued the token.
refused-pin_wrong = The PIN is wrong.
    .next = Check it and type it again.
refused-pin_blocked = The PIN is blocked after too many wrong tries.
    .next = Unblock it with the PUK, or ask whoever issued the token.
refused-pin_format = A PIN has 6 to 8 digits.
    .next = Type it again.
refused-pin_required = The token asks for the PIN once more.
    .next = Try again and type the PIN.
refused-card_key_absent = The key of this certificate is not on the token.
    .next = Choose another certificate.
refused-card_key_unsupported = This key cannot make the signature that is needed.
    .next = Choose another certificate.

### pki: refusals

refused-certificate_malformed = The certificate on your token is damaged.
    .next = Choose another certificate, or ask the authority that issued it for a new one.
refused-certificate_too_large = The certificate on your token is larger than any that is accepted.
    .next = Choose another certificate, or ask the authority that issued it for a new one.
refused-issuer_unknown = This service does not know the authority that issued your certificate.
    .next = Choose another certificate. If it happens again, call support and give the incident number.
refused-not_yet_valid = Your certificate is not valid yet.
    .next = Choose another certificate. If it happens again, call support and give the incident number.
refused-expired = Your certificate has expired.
    .next = Choose another certificate, or ask the authority that issued it for a new one.
refused-signature_invalid_in_chain = Your certificate was not signed by the authority it names.
    .next = Choose another certificate. If it happens again, call support and give the incident number.
refused-signature_algorithm_mismatch = Your certificate contradicts itself about how it was signed.
    .next = Choose another certificate, or ask the authority that issued it for a new one.
refused-algorithm_refused = Your certificate uses a signature algorithm that is not accepted here.
    .next = Choose another certificate, or ask the authority that issued it for a new one.
refused-scheme_mismatch = The signature algorithm does not fit the key.
    .next = Choose another certificate, or ask the authority that issued it for a new one.
refused-key_too_weak = The key of your certificate is too weak for signing in.
    .next = Choose another certificate, or ask the authority that issued it for a new one.
refused-ca_flag_missing = The authority above your certificate may not issue certificates.
    .next = Choose another certificate. If it happens again, call support and give the incident number.
refused-path_too_long = There are more authorities above your certificate than is allowed.
    .next = Choose another certificate. If it happens again, call support and give the incident number.
refused-key_usage = This certificate is not meant for signing in.
    .next = Choose another certificate. If it happens again, call support and give the incident number.
refused-extended_key_usage = This certificate is meant for something else than signing in.
    .next = Choose another certificate. If it happens again, call support and give the incident number.
refused-critical_extension_unknown = Your certificate demands something this service cannot check.
    .next = Choose another certificate. If it happens again, call support and give the incident number.
refused-purpose = Certificates of this authority are not taken for signing people in.
    .next = Choose another certificate. If it happens again, call support and give the incident number.
refused-revoked = Your certificate has been revoked.
    .next = Choose another certificate, or ask the authority that issued it for a new one.
refused-status_unknown = It cannot be found out whether your certificate is still valid.
    .next = Try again later. It is not your fault. If it lasts, call support and give the incident number.
refused-status_stale = The list of revoked certificates is out of date.
    .next = Try again later. It is not your fault. If it lasts, call support and give the incident number.
refused-status_not_yet_valid = The list of revoked certificates is dated in the future.
    .next = Try again later. It is not your fault. If it lasts, call support and give the incident number.
refused-crl_malformed = The list of revoked certificates is damaged.
    .next = Try again later. It is not your fault. If it lasts, call support and give the incident number.
refused-crl_too_large = The list of revoked certificates is too large.
    .next = Try again later. It is not your fault. If it lasts, call support and give the incident number.
refused-crl_signature = The list of revoked certificates is not signed as it must be.
    .next = Try again later. It is not your fault. If it lasts, call support and give the incident number.
refused-crl_key_usage = The authority may not sign lists of revoked certificates.
    .next = Try again later. It is not your fault. If it lasts, call support and give the incident number.
refused-crl_critical_extension_unknown = The list of revoked certificates is of a kind this service cannot read yet.
    .next = Try again later. It is not your fault. If it lasts, call support and give the incident number.
refused-crl_replayed = An old list of revoked certificates was given to this service.
    .next = Try again later. It is not your fault. If it lasts, call support and give the incident number.
refused-budget = Checking your certificate would take too much work.
    .next = Choose another certificate. If it happens again, call support and give the incident number.
